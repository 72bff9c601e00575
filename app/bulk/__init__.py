"""Bulk jobs: one action on many items, events or messages. May import everything below the web."""
