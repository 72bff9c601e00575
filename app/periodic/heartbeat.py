"""Signs of life of processes that must not fall silent."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.core.database import Sessions
from app.periodic.models import Heartbeat


def record_heartbeat(sessions: Sessions, *, name: str) -> None:
    """Write down that `name` is alive now, by the database's clock."""
    statement = insert(Heartbeat).values(name=name, at=func.now())
    with sessions.begin() as session:
        session.execute(
            statement.on_conflict_do_update(index_elements=["name"], set_={"at": func.now()})
        )


def last_heartbeat(session: Session, name: str) -> datetime | None:
    """Return when `name` last gave a sign of life, or None if it never did."""
    return session.scalar(select(Heartbeat.at).where(Heartbeat.name == name))
