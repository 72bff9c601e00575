"""What becomes of a job after an attempt, and after what is heard of it later. Pure.

A refused message is tried again until its attempts are spent, whatever the code. Codes that
look final often are not (a number joins WhatsApp), five attempts cost little, and one rule
means that a failed job always stands for spent attempts.

A fault of the provider costs the message no attempt. There is one exception, so that a message
which the provider always chokes on comes to an end: a fault counts once the provider has
answered other messages after it. During an outage it answers nobody.
"""

from dataclasses import dataclass, field
from random import Random

from app.core.retry import JITTER, RetryPolicy
from app.outbound.circuit import CircuitRules
from app.outbound.models import AttemptOutcome, OutboundStatus
from app.outbound.outcomes import Away, Failed, NoAnswer, Refused, Throttled

LEASE_SECONDS = 60.0
"""How long a claimed job is kept from other workers. A call and its outcome take less."""

THROTTLES_GIVEN_BACK = 10

_RANK = {
    OutboundStatus.CANCELLED: 0,
    OutboundStatus.FAILED: 0,
    OutboundStatus.QUEUED: 0,
    OutboundStatus.SENT: 1,
    OutboundStatus.DELIVERED: 2,
    OutboundStatus.READ: 3,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """What the earlier attempts of a job's present budget say.

    `throttles` of this recipient alone; `faults` of the provider after which it has answered
    other messages.
    """

    throttles: int = 0
    faults: int = 0


@dataclass(frozen=True, slots=True)
class Again:
    """Try again after `wait` seconds."""

    wait: float
    given_back: bool = False


@dataclass(frozen=True, slots=True)
class GiveUp:
    """The attempts are spent."""


@dataclass(frozen=True, slots=True)
class Advance:
    """The message has got further than we knew."""

    to: OutboundStatus


@dataclass(frozen=True, slots=True)
class FailAttempt:
    """The provider took the message and could not deliver it: that attempt failed after all."""


@dataclass(frozen=True, slots=True)
class Ignore:
    """Old news, or none of ours."""


@dataclass(frozen=True, slots=True)
class OutboundRules:
    """What decisions depend on: the retry policy, randomness, the pace and the circuit."""

    policy: RetryPolicy
    random: Random
    per_second: int
    circuit: CircuitRules = field(default_factory=CircuitRules)

    def after_failure(self, failure: Failed, *, attempts: int, earlier: Earlier) -> Again | GiveUp:
        """Return what follows the job's attempt number `attempts`, which ended in `failure`."""
        match failure:
            case Throttled(everyone=False):
                return self._after_throttle(failure, attempts, earlier.throttles)
            case Throttled() | Away() | NoAnswer():
                return self._after_fault(failure, attempts, earlier.faults)
            case Refused():
                wait = self.policy.wait_after(attempts, self.random)
                return GiveUp() if wait is None else Again(wait)

    def is_spent(self, attempts: int) -> bool:
        """Tell whether a budget with so many attempts has none left."""
        return attempts >= self.policy.max_attempts

    def wait_after_our_fault(self) -> float:
        """Return the seconds to wait with a message that could not be put together."""
        return min(self.policy.base_seconds * 6, self.policy.cap_seconds) * self._jitter()

    def _after_fault(self, failure: Failed, attempts: int, faults: int) -> Again | GiveUp:
        """Wait for the delivery status of a message that may have gone out, as for a lease."""
        if self.is_spent(attempts - 1 + faults):
            return GiveUp()
        wait = self.policy.wait_after(1, self.random) or 0.0
        if isinstance(failure, NoAnswer):
            wait = max(wait, LEASE_SECONDS)
        return Again(wait, given_back=True)

    def _after_throttle(self, failure: Throttled, attempts: int, throttles: int) -> Again | GiveUp:
        wait = (failure.retry_after or self._growing_wait(throttles)) * self._jitter()
        if throttles < THROTTLES_GIVEN_BACK:
            return Again(wait, given_back=True)
        return GiveUp() if self.is_spent(attempts) else Again(wait)

    def _growing_wait(self, throttles: int) -> float:
        return min(self.policy.base_seconds * 2.0 ** min(throttles, 60), self.policy.cap_seconds)

    def _jitter(self) -> float:
        return self.random.uniform(1, 1 + JITTER)


def outcome_of(failure: Failed) -> AttemptOutcome:
    """Return how an attempt that ended in `failure` is kept."""
    match failure:
        case Throttled():
            return AttemptOutcome.THROTTLED
        case NoAnswer():
            return AttemptOutcome.UNKNOWN
        case Away():
            return AttemptOutcome.AWAY
        case Refused():
            return AttemptOutcome.FAILED


def on_status(
    reported: OutboundStatus, *, job: OutboundStatus, attempt: AttemptOutcome | None
) -> Advance | FailAttempt | Ignore:
    """Return what a delivery status means for a job, and for the try that it speaks of.

    Whatever the order and number of reports, a job only climbs. Delivered and read are
    proof, even against a job given up. Sent heals a try whose answer we never got;
    failed counts once, and not against a message that arrived.
    """
    match reported:
        case OutboundStatus.DELIVERED | OutboundStatus.READ:
            return Advance(reported) if _RANK[reported] > _RANK[job] else Ignore()
        case OutboundStatus.SENT:
            unheard = attempt in {None, AttemptOutcome.UNKNOWN}
            return Advance(reported) if unheard and _RANK[job] == 0 else Ignore()
        case OutboundStatus.FAILED:
            uncounted = attempt in {None, AttemptOutcome.SENT}
            undelivered = job in {OutboundStatus.QUEUED, OutboundStatus.SENT}
            return FailAttempt() if uncounted and undelivered else Ignore()
        case _:
            return Ignore()
