"""Read the newest change in the history of an item, and tell who may undo it."""

from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.inbox.actions import NOTE, UNDOABLE
from app.inbox.models import InboxHistory, InboxItem

UNDO_SECONDS = 30


def last_change(session: Session, item: InboxItem) -> InboxHistory | None:
    """Return the newest history entry of an item that is not just a note."""
    return session.scalar(
        select(InboxHistory)
        .where(InboxHistory.item_id == item.id, InboxHistory.action != NOTE)
        .order_by(InboxHistory.id.desc())
        .limit(1)
    )


def undoable_change(session: Session, item: InboxItem, actor: str) -> InboxHistory | None:
    """Return the newest change if `actor` may undo it.

    Only its author may, within UNDO_SECONDS, while no other change followed.
    """
    last = last_change(session, item)
    if last is None or last.actor != actor or last.action not in UNDOABLE or not last.before:
        return None
    now = session.scalars(select(func.now())).one()
    return last if now - last.at <= timedelta(seconds=UNDO_SECONDS) else None
