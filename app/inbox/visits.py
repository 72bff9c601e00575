"""Visits of people to the inbox, to tell what is new since the last one."""

from datetime import datetime, timedelta

from sqlalchemy import case, func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.inbox.models import InboxVisit

VISIT_GAP = timedelta(minutes=30)
"""After this time without a look at the inbox, the next look begins a new visit."""


def record_visit(session: Session, person: str) -> datetime | None:
    """Record that a person looks at the inbox; return the end of their visit before, if any."""
    is_new = func.now() - InboxVisit.last_at > VISIT_GAP
    statement = insert(InboxVisit).values(person=person, last_at=func.now())
    return session.scalar(
        statement.on_conflict_do_update(
            index_elements=["person"],
            set_={
                "last_at": func.now(),
                "previous_at": case((is_new, InboxVisit.last_at), else_=InboxVisit.previous_at),
            },
        ).returning(InboxVisit.previous_at)
    )
