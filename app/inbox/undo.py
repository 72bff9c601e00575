"""Undo the caller's last action on an item, in the caller's transaction."""

from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core.errors import Conflict
from app.inbox.actions import UNDO, UNDOABLE
from app.inbox.change_item import Change, change_item, get_item
from app.inbox.conflicts import last_entry
from app.inbox.models import InboxHistory, InboxItem, ItemStatus
from app.inbox.queries import Item

UNDO_SECONDS = 30


def undo_action(session: Session, item_id: int, *, actor: str) -> Item:
    """Restore the status and the assignee from before the last action; return the item.

    Only the person who took the action can undo it, within UNDO_SECONDS, while nothing else
    has changed the item. The history keeps both. Raises NotFound or Conflict.
    """
    item = get_item(session, item_id)
    last = last_entry(session, item)
    if last is None or not _can_undo(session, item, last, actor):
        raise Conflict(
            f"The last action on item {item_id} can't be undone: only the person who took it can"
            f" undo it, within {UNDO_SECONDS} seconds."
        )
    change = Change(
        action=UNDO,
        actor=actor,
        status=last.from_status,
        assignee=last.from_assignee,
        acknowledged_occurrences=_acknowledged_before(item, last),
    )
    return change_item(session, item, change, seen=item.version)


def _can_undo(session: Session, item: InboxItem, last: InboxHistory, actor: str) -> bool:
    now = session.scalars(select(func.now())).one()
    is_recent = now - last.at <= timedelta(seconds=UNDO_SECONDS)
    is_unchanged = (item.status, item.assignee) == (last.to_status, last.to_assignee)
    is_theirs = last.actor == actor and last.action in UNDOABLE
    return is_recent and is_unchanged and is_theirs


def _acknowledged_before(item: InboxItem, last: InboxHistory) -> int | None:
    """Return the count of the last acknowledgement; None if that one is undone."""
    is_acknowledgement = last.to_status == ItemStatus.ACKNOWLEDGED != last.from_status
    return None if is_acknowledgement else item.acknowledged_occurrences
