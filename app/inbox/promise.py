"""Promise an answer on an acknowledged item until another time, in the caller's transaction."""

from datetime import datetime

from sqlalchemy.orm import Session

from app.core.errors import Conflict
from app.inbox.actions import PROMISE
from app.inbox.change_item import Change, change_item, checked_note, get_item, state_of
from app.inbox.conflicts import conflict_of
from app.inbox.item_state import promised
from app.inbox.models import ItemStatus
from app.inbox.queries import Item


def promise_answer(  # noqa: PLR0913 - optional arguments by keyword
    session: Session,
    item_id: int,
    *,
    until: datetime | None,
    actor: str,
    note: str | None = None,
    expected_version: int | None = None,
) -> Item:
    """Replace the promise of an acknowledged item; None removes it. The item is returned.

    Raises NotFound, Conflict as `apply_action` does or if the item is not acknowledged, or
    InvalidInput for a note that is too long.
    """
    kept_note = checked_note(note)
    item = get_item(session, item_id)
    seen = expected_version or item.version
    if item.status == ItemStatus.OPEN and seen == item.version:
        raise Conflict(f"Item {item_id} is open; acknowledge it to promise an answer.")
    if item.status != ItemStatus.ACKNOWLEDGED:
        raise conflict_of(session, item, PROMISE, seen=seen)
    to = promised(state_of(item), until=until, actor=actor)
    change = Change(action=PROMISE, actor=actor, to=to, note=kept_note, until=until)
    return change_item(session, item, change, seen=seen)
