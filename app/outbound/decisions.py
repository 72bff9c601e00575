"""What becomes of a job after a try, and after what is heard of it later. Pure.

Every failure is tried again until the budget is spent, whatever its code. Codes that
look final often are not (a number joins WhatsApp, a token is renewed), five tries cost
little, and one rule means that a failed job always stands for a spent budget.

A throttled try is given back, because the provider judged our pace and not the message;
so that nothing lasts for ever, only the first ten of a budget are.
"""

from dataclasses import dataclass
from random import Random

from app.outbound.models import AttemptOutcome, OutboundStatus
from app.outbound.outcomes import Failed, NoAnswer, Refused, Throttled
from app.outbox.retry import JITTER, RetryPolicy

THROTTLES_GIVEN_BACK = 10

_RANK = {
    OutboundStatus.CANCELLED: 0,
    OutboundStatus.FAILED: 0,
    OutboundStatus.QUEUED: 0,
    OutboundStatus.SENT: 1,
    OutboundStatus.DELIVERED: 2,
    OutboundStatus.READ: 3,
}


@dataclass(frozen=True, slots=True)
class Again:
    """Try again after `wait` seconds. `hold` is how long nobody at all may send."""

    wait: float
    given_back: bool = False
    hold: float | None = None


@dataclass(frozen=True, slots=True)
class GiveUp:
    """The budget is spent."""


@dataclass(frozen=True, slots=True)
class Climb:
    """The message has got further than we knew."""

    to: OutboundStatus


@dataclass(frozen=True, slots=True)
class FailTry:
    """The provider took the message and could not deliver it: that try failed after all."""


@dataclass(frozen=True, slots=True)
class Ignore:
    """Old news, or none of ours."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What decisions depend on: the retry policy, randomness, and messages per second."""

    policy: RetryPolicy
    random: Random
    per_second: int

    def after_failure(self, failure: Failed, *, tries: int, throttles: int) -> Again | GiveUp:
        """Return what follows the `tries`-th try of a budget, which ended in `failure`.

        `throttles` counts the tries of this budget that were throttled before.
        """
        if isinstance(failure, Throttled):
            return self._after_throttle(failure, tries=tries, throttles=throttles)
        wait = self.policy.wait_after(tries, self.random)
        return GiveUp() if wait is None else Again(wait)

    def is_spent(self, tries: int) -> bool:
        """Tell whether a budget with so many tries has none left."""
        return tries >= self.policy.max_attempts

    def _after_throttle(self, failure: Throttled, *, tries: int, throttles: int) -> Again | GiveUp:
        asked = failure.retry_after or self._growing_wait(throttles)
        hold = asked if failure.everyone else None
        wait = asked * self.random.uniform(1, 1 + JITTER)
        if throttles < THROTTLES_GIVEN_BACK:
            return Again(wait, given_back=True, hold=hold)
        return GiveUp() if self.is_spent(tries) else Again(wait, hold=hold)

    def _growing_wait(self, throttles: int) -> float:
        return min(self.policy.base_seconds * 2.0 ** min(throttles, 60), self.policy.cap_seconds)


def outcome_of(failure: Failed) -> AttemptOutcome:
    """Return how a try that ended in `failure` is kept."""
    match failure:
        case Throttled():
            return AttemptOutcome.THROTTLED
        case NoAnswer():
            return AttemptOutcome.UNKNOWN
        case Refused():
            return AttemptOutcome.FAILED


def on_status(
    reported: OutboundStatus, *, job: OutboundStatus, attempt: AttemptOutcome | None
) -> Climb | FailTry | Ignore:
    """Return what a delivery status means for a job, and for the try that it speaks of.

    Whatever the order and number of reports, a job only climbs. Delivered and read are
    proof, even against a job given up. Sent heals a try whose answer we never got;
    failed counts once, and not against a message that arrived.
    """
    match reported:
        case OutboundStatus.DELIVERED | OutboundStatus.READ:
            return Climb(reported) if _RANK[reported] > _RANK[job] else Ignore()
        case OutboundStatus.SENT:
            unheard = attempt in {None, AttemptOutcome.UNKNOWN}
            return Climb(reported) if unheard and _RANK[job] == 0 else Ignore()
        case OutboundStatus.FAILED:
            uncounted = attempt in {None, AttemptOutcome.SENT}
            undelivered = job in {OutboundStatus.QUEUED, OutboundStatus.SENT}
            return FailTry() if uncounted and undelivered else Ignore()
        case _:
            return Ignore()
