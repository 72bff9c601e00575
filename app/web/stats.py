"""The health strip in numbers, for the API, the overview and the metrics."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.inbox.drafts import Severity
from app.inbox.queries import open_by_severity
from app.outbound.queries import OutboundState, outbound_state
from app.outbox.queries import OutboxCounts, count_outbox
from app.periodic.heartbeat import last_heartbeat

BEAT = "beat"
BEAT_LIMIT_SECONDS = 60
"""A beat that is silent for longer is missed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stats:
    """How the automation center stands; each count is capped, each age is in seconds."""

    outbox: OutboxCounts
    open_items: dict[Severity, int]
    beat_age_seconds: float | None
    outbound: OutboundState

    @property
    def beat_is_alive(self) -> bool:
        """Whether beat has given a sign of life lately."""
        age = self.beat_age_seconds
        return age is not None and age < BEAT_LIMIT_SECONDS


def read_stats(session: Session) -> Stats:
    """Return the numbers of this moment, by a handful of index probes."""
    return Stats(
        outbox=count_outbox(session),
        open_items=open_by_severity(session),
        beat_age_seconds=beat_age(session),
        outbound=outbound_state(session),
    )


def beat_age(session: Session) -> float | None:
    """Return the seconds since beat's last sign of life, by the database's clock."""
    seen = last_heartbeat(session, BEAT)
    if seen is None:
        return None
    now = session.scalars(select(func.clock_timestamp())).one()
    return max(float((now - seen).total_seconds()), 0.0)
