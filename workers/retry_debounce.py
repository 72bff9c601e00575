"""The countdown of a task's retry for work that is due later."""

from collections.abc import Callable
from time import monotonic

LONGEST_SECONDS = 600.0
"""Seconds. A longer wait is split, because Redis redelivers a message that it holds too long."""


class RetryDebounce:
    """Keeps at most one pending Celery retry per process.

    So an outage does not queue one message per failed run. A later retry is not needed while
    one is pending, because each run reads from the database when the next work is due. An
    earlier retry is sent in addition.
    """

    def __init__(self, now: Callable[[], float] = monotonic) -> None:
        self._now = now
        self._due_at = 0.0

    def countdown(self, wait: float | None) -> float | None:
        """Return the countdown of the retry in seconds, or None if no retry is needed."""
        if wait is None:
            return None
        wait = min(wait, LONGEST_SECONDS)
        due_at = self._now() + wait
        if self._now() < self._due_at <= due_at:
            return None
        self._due_at = due_at
        return wait
