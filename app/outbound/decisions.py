"""Decide what follows an attempt, and what follows a delivery status. Pure.

A refused message is retried until its last attempt, with any error code. Many codes look final
but are not (a number joins WhatsApp), and five attempts cost little. So a failed job has always
used all its attempts.

A fault of the provider costs the message no attempt, unless the provider has answered other
messages after the fault. So a message that always causes a fault has a last attempt too. During
an outage the provider answers no message, so nothing is counted.
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
    """Counts of the earlier attempts in the present budget of a job.

    `throttles`: attempts that were throttled for this recipient. `faults`: faults of the
    provider after which it has answered other messages.
    """

    throttles: int = 0
    faults: int = 0


@dataclass(frozen=True, slots=True)
class Again:
    """Make another attempt after `wait` seconds. `given_back`: the last one does not count."""

    wait: float
    given_back: bool = False


@dataclass(frozen=True, slots=True)
class GiveUp:
    """The last attempt has failed."""


@dataclass(frozen=True, slots=True)
class Advance:
    """The message has reached the status `to`."""

    to: OutboundStatus


@dataclass(frozen=True, slots=True)
class FailAttempt:
    """The provider accepted the message but could not deliver it, so the attempt has failed."""


@dataclass(frozen=True, slots=True)
class Ignore:
    """The delivery status changes nothing."""


@dataclass(frozen=True, slots=True)
class OutboundRules:
    """The input of decisions: retry policy, random source, send rate and circuit rules."""

    policy: RetryPolicy
    random: Random
    per_second: int
    circuit: CircuitRules = field(default_factory=CircuitRules)

    def after_failure(self, failure: Failed, *, attempts: int, earlier: Earlier) -> Again | GiveUp:
        """Return what follows attempt number `attempts` of a job, which ended in `failure`."""
        match failure:
            case Throttled(everyone=False):
                return self._after_throttle(failure, attempts, earlier.throttles)
            case Throttled() | Away() | NoAnswer():
                return self._after_fault(failure, attempts, earlier.faults)
            case Refused():
                wait = self.policy.wait_after(attempts, self.random)
                return GiveUp() if wait is None else Again(wait)

    def is_spent(self, attempts: int) -> bool:
        """Tell whether no attempt is left after `attempts`."""
        return attempts >= self.policy.max_attempts

    def wait_after_our_fault(self) -> float:
        """Return the seconds to postpone a message that could not be composed."""
        return min(self.policy.base_seconds * 6, self.policy.cap_seconds) * self._jitter()

    def _after_fault(self, failure: Failed, attempts: int, faults: int) -> Again | GiveUp:
        """Return what follows a fault. NoAnswer waits as long as a lease for a delivery status."""
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
    """Return the stored outcome of an attempt that ended in `failure`."""
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
    """Return the effect of a delivery status on a job and its attempt.

    Reports may be repeated and in any order; the status of a job only rises. Delivered and read
    count even for a failed job. Sent completes an attempt without an answer. Failed counts once,
    and not after the message has arrived.
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
