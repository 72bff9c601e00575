"""Turn due events into inbox items. Only this package imports both outbox and inbox."""
