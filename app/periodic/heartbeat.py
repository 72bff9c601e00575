"""Heartbeats of processes."""

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.core.database import Sessions
from app.periodic.models import Heartbeat


def record_heartbeat(sessions: Sessions, *, name: str) -> None:
    """Store the time of a heartbeat of `name`, by the clock of the database."""
    statement = insert(Heartbeat).values(name=name, at=func.now())
    with sessions.begin() as session:
        session.execute(
            statement.on_conflict_do_update(index_elements=["name"], set_={"at": func.now()})
        )


def heartbeat_ages(session: Session) -> dict[str, float]:
    """Return the seconds since the last heartbeat of each name, by the clock of the database."""
    age = func.extract("epoch", func.clock_timestamp() - Heartbeat.at)
    rows = session.execute(select(Heartbeat.name, age))
    return {name: max(float(seconds), 0.0) for name, seconds in rows}
