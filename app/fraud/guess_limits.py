"""Limits on wrong codes: per customer and day, and for all customers together. Pure.

Wrong codes are counted by customer, whatever becomes of the verification: neither CANCEL nor a new
report nor a new code resets the count. A code that is entered during a rest is not compared, so
it is no guess.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

DAY = timedelta(hours=24)

PER_CUSTOMER = 10
"""How many wrong codes of one customer are compared within 24 hours."""
WITHOUT_REST = 4
"""After this many wrong codes, each further one is followed by a rest."""
FIRST_REST = timedelta(minutes=1)
"""The rest after the fifth wrong code. Each later one is twice as long: 1, 2, 4, 8, 16 minutes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guesses:
    """The wrong codes of the last 24 hours at the moment `now`.

    `own` are the times of the customer's, newest first, PER_CUSTOMER at most. `of_all` counts
    those of all customers.
    """

    now: datetime
    own: Sequence[datetime] = ()
    of_all: int = 0

    def rest(self, per_day: int) -> timedelta:
        """Return how long the customer must wait until a code is compared; zero for not at all.

        `per_day` limits the wrong codes of all customers. Above it, each customer has one wrong
        code a day, so that strangers can't keep a customer out who enters the right code.
        """
        if not self.own:
            return timedelta()
        if self.of_all >= per_day:
            ends_at = self.own[0] + DAY
        elif len(self.own) >= PER_CUSTOMER:
            ends_at = self.own[PER_CUSTOMER - 1] + DAY
        else:
            ends_at = self.own[0] + _rest_after(len(self.own))
        return max(ends_at - self.now, timedelta())


def _rest_after(wrong_codes: int) -> timedelta:
    steps = wrong_codes - WITHOUT_REST - 1
    return FIRST_REST * 2**steps if steps >= 0 else timedelta()
