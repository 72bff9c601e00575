"""Undo the last action on an item, in the caller's transaction."""

from sqlalchemy.orm import Session

from app.core.errors import Conflict
from app.inbox.actions import UNDO, UNDOABLE
from app.inbox.change_item import Change, change_item, get_item
from app.inbox.conflicts import conflict_of
from app.inbox.history import UNDO_SECONDS, last_change, undoable_change
from app.inbox.item_state import from_json
from app.inbox.queries import Item


def undo_action(session: Session, item_id: int, *, actor: str) -> Item:
    """Restore the state from before the last action; return the item.

    Only the person who took the action can undo it, within UNDO_SECONDS, while nothing but
    notes followed it. The history keeps both. Raises NotFound or Conflict.
    """
    item = get_item(session, item_id)
    last = undoable_change(session, item, actor)
    if last is None or last.before is None:
        raise Conflict(
            f"The last action on item {item_id} can't be undone: only the person who took it can"
            f" undo it, within {UNDO_SECONDS} seconds."
        )
    change = Change(action=UNDO, actor=actor, to=from_json(last.before))
    return change_item(session, item, change, seen=item.version)


def undo_change(
    session: Session, item_id: int, *, actor: str, expected_version: int | None
) -> Item:
    """Restore the state from before the last change, whoever made it and however long ago.

    Returns the item. Raises NotFound, and Conflict unless `expected_version` is its version.
    """
    item = get_item(session, item_id)
    last = last_change(session, item)
    before = last.before if last is not None and last.action in UNDOABLE else None
    if expected_version != item.version or before is None:
        raise conflict_of(session, item, UNDO, seen=expected_version or 0)
    change = Change(action=UNDO, actor=actor, to=from_json(before))
    return change_item(session, item, change, seen=item.version)
