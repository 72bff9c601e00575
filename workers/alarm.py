"""How long a task should wait before it comes back for events that failed."""

from collections.abc import Callable
from time import monotonic

LONGEST_SECONDS = 600.0
"""A longer wait is left to the relay: a broker redelivers what it holds for too long."""


class Alarm:
    """Lets one waiting retry per process ring for all the failures that it covers.

    Without it an outage would leave one message in the broker per run that failed.
    """

    def __init__(self, now: Callable[[], float] = monotonic) -> None:
        self._now = now
        self._rings_at = 0.0

    def set(self, wait: float | None) -> float | None:
        """Return the seconds after which to come back, or None if there is no need."""
        if wait is None or wait > LONGEST_SECONDS:
            return None
        rings_at = self._now() + wait
        if self._now() < self._rings_at <= rings_at:
            return None
        self._rings_at = rings_at
        return wait
