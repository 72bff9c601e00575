"""Counts and ages for the API, the pages and the metrics."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.inbox.drafts import Severity
from app.inbox.queries import open_by_severity
from app.outbound.queries import OutboundState, outbound_state
from app.outbox.queries import OutboxCounts, count_outbox
from app.periodic.heartbeat import heartbeat_ages

BEAT = "beat"
BEAT_LIMIT_SECONDS = 60
"""After this time without a heartbeat, beat or the workers of a queue count as stopped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stats:
    """The state of the automation center. Counts are capped; ages are in seconds."""

    outbox: OutboxCounts
    open_items: dict[Severity, int]
    beat_age_seconds: float | None
    outbound: OutboundState

    @property
    def beat_is_alive(self) -> bool:
        """Whether the last heartbeat is less than BEAT_LIMIT_SECONDS old."""
        age = self.beat_age_seconds
        return age is not None and age < BEAT_LIMIT_SECONDS


def read_stats(session: Session) -> Stats:
    """Return the current state, with a few index scans."""
    return Stats(
        outbox=count_outbox(session),
        open_items=open_by_severity(session),
        beat_age_seconds=beat_age(session),
        outbound=outbound_state(session),
    )


def beat_age(session: Session) -> float | None:
    """Return the seconds since the last heartbeat of beat, by the clock of the database."""
    return heartbeat_ages(session).get(BEAT)
