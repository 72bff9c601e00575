"""When a failed event is tried again. Pure.

The wait after the n-th failure is `base · 2^(n-1)`, at most the cap, each within 10 % at
random so that events that failed together do not come back together. With the
defaults (30 s, 1 h, 10 tries) a budget spans about three hours.
"""

from dataclasses import dataclass
from random import Random

JITTER = 0.1
"""The largest random deviation of a wait, as a fraction of it."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often and how far apart an event is tried; times in seconds."""

    max_attempts: int
    base_seconds: float
    cap_seconds: float

    def wait_after(self, failures: int, random: Random) -> float | None:
        """Return the seconds to wait after the `failures`-th failure, or None: give up."""
        if failures >= self.max_attempts:
            return None
        doubled = self.base_seconds * 2.0 ** min(failures - 1, 60)
        return min(doubled, self.cap_seconds) * random.uniform(1 - JITTER, 1 + JITTER)
