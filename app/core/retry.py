"""The time of the next attempt after a failure. Pure.

The wait after the n-th failure is `base · 2^(n-1)`, at most the cap, plus or minus 10 % at
random. The random part spreads the retries of events that failed at the same time. With the
defaults (30 s, 1 h, 10 attempts) a series of attempts lasts about three hours.
"""

from dataclasses import dataclass
from random import Random

JITTER = 0.1
"""The largest random deviation of a wait, as a fraction of the wait."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """The number of attempts and the waits between them, in seconds."""

    max_attempts: int
    base_seconds: float
    cap_seconds: float

    def wait_after(self, failures: int, random: Random) -> float | None:
        """Return the seconds to wait after the `failures`-th failure; None after the last one."""
        if failures >= self.max_attempts:
            return None
        doubled = self.base_seconds * 2.0 ** min(failures - 1, 60)
        return min(doubled, self.cap_seconds) * random.uniform(1 - JITTER, 1 + JITTER)
