"""How long a task should wait before it comes back for what is due later."""

from collections.abc import Callable
from time import monotonic

LONGEST_SECONDS = 600.0
"""A longer wait is split: a broker redelivers what it holds for too long."""


class RetryDebounce:
    """Keeps at most one useful retry per process waiting in the broker.

    Without it an outage would leave one message in the broker per run that failed. A retry
    that waits already replaces a later one and never an earlier one, because the run that it
    starts reads from the database when the next is due.
    """

    def __init__(self, now: Callable[[], float] = monotonic) -> None:
        self._now = now
        self._due_at = 0.0

    def countdown(self, wait: float | None) -> float | None:
        """Return the seconds after which to come back, or None if there is no need."""
        if wait is None:
            return None
        wait = min(wait, LONGEST_SECONDS)
        due_at = self._now() + wait
        if self._now() < self._due_at <= due_at:
            return None
        self._due_at = due_at
        return wait
