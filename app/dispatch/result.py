"""The counts of a run of dispatch."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

import structlog

from app.dispatch.decisions import Delivery, DispatchDecision, Failure

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class DispatchResult:
    """Counts of events: claimed = sent + failed; `failed` includes `dead_lettered`.

    `due_in` is the number of seconds until the next event of all is due, read after the run;
    None if no event waits or if it was not read.
    """

    claimed: int = 0
    sent: int = 0
    failed: int = 0
    dead_lettered: int = 0
    due_in: float | None = None

    @classmethod
    def of(cls, decisions: Iterable[DispatchDecision]) -> Self:
        """Count `decisions`."""
        made = list(decisions)
        failures = [decision for decision in made if isinstance(decision, Failure)]
        return cls(
            claimed=len(made),
            sent=sum(isinstance(decision, Delivery) for decision in made),
            failed=len(failures),
            dead_lettered=sum(failure.is_dead for failure in failures),
        )

    def __add__(self, other: Self) -> Self:
        """Return the sum of both results."""
        return type(self)(
            claimed=self.claimed + other.claimed,
            sent=self.sent + other.sent,
            failed=self.failed + other.failed,
            dead_lettered=self.dead_lettered + other.dead_lettered,
        )

    def counts(self) -> dict[str, int]:
        """Return the four counts by name, for the API and Flower."""
        return {
            "claimed": self.claimed,
            "sent": self.sent,
            "failed": self.failed,
            "dead_lettered": self.dead_lettered,
        }


def log_failures(decisions: Iterable[DispatchDecision]) -> None:
    """Log the failures of a batch in one line, and each dead letter in a line of its own."""
    failures = [decision for decision in decisions if isinstance(decision, Failure)]
    if failures:
        errors = Counter(failure.fingerprint for failure in failures)
        log.warning("events_failed", count=len(failures), errors=dict(errors.most_common(5)))
    for failure in failures:
        if failure.is_dead:
            event = failure.event
            log.error("event_dead", event_id=event.id, type=event.event_type, error=failure.error)
