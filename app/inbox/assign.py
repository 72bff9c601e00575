"""Set or remove the assignee of an item, in the caller's transaction."""

from dataclasses import replace

from sqlalchemy.orm import Session

from app.inbox.actions import ASSIGN, CLOSED
from app.inbox.change_item import Change, change_item, checked_note, get_item, state_of
from app.inbox.conflicts import conflict_of
from app.inbox.queries import Item


def assign_item(  # noqa: PLR0913 - optional arguments by keyword
    session: Session,
    item_id: int,
    *,
    to: str | None,
    actor: str,
    note: str | None = None,
    expected_version: int | None = None,
) -> Item:
    """Make `to` the assignee of an item, with a history entry; None removes the assignee.

    The caller has checked that `to` is a user. A promise stays that of the person who made it.
    Raises NotFound, Conflict as `apply_action` does or if the item is closed, or InvalidInput
    for a note that is too long.
    """
    kept_note = checked_note(note)
    item = get_item(session, item_id)
    seen = expected_version or item.version
    if item.status in CLOSED:
        raise conflict_of(session, item, ASSIGN, seen=seen)
    to_state = replace(state_of(item), assignee=to)
    change = Change(action=ASSIGN, actor=actor, to=to_state, note=kept_note)
    return change_item(session, item, change, seen=seen)
