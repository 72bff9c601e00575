"""Turn due events into inbox items: the only place that knows both outbox and inbox."""
