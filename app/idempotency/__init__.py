"""Idempotency keys: the answers of calls, stored for repeats. It may import core."""
