"""Snooze an item until a time or until its next occurrence, or end its snooze.

Nothing wakes an item: `app/inbox/timing.py` derives from the row whether it is snoozed now. All
functions run in the caller's transaction and raise NotFound, Conflict as `apply_action` does, or
InvalidInput for a note that is too long.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from app.core.errors import Conflict
from app.inbox.actions import CLOSED, SNOOZE, UNSNOOZE
from app.inbox.change_item import Change, change_item, checked_note, get_item, state_of
from app.inbox.conflicts import conflict_of
from app.inbox.item_state import awake, snoozed
from app.inbox.queries import Item


def snooze_item(  # noqa: PLR0913 - optional arguments by keyword
    session: Session,
    item_id: int,
    *,
    until: datetime | None,
    actor: str,
    note: str | None = None,
    expected_version: int | None = None,
) -> Item:
    """Snooze an item until a time; until its next occurrence if `until` is None.

    An item that nobody has is assigned to `actor`.
    """
    kept_note = checked_note(note)
    item = get_item(session, item_id)
    seen = expected_version or item.version
    if item.status in CLOSED:
        raise conflict_of(session, item, SNOOZE, seen=seen)
    to = snoozed(state_of(item), actor=actor, until=until, occurrences=item.occurrences)
    change = Change(action=SNOOZE, actor=actor, to=to, note=kept_note, until=until)
    return change_item(session, item, change, seen=seen)


def unsnooze_item(
    session: Session,
    item_id: int,
    *,
    actor: str,
    note: str | None = None,
    expected_version: int | None = None,
) -> Item:
    """End the snooze of an item. Raises Conflict also if it is not snoozed."""
    kept_note = checked_note(note)
    item = get_item(session, item_id)
    seen = expected_version or item.version
    if seen == item.version and not item.is_snoozed:
        raise Conflict(f"Item {item_id} is not snoozed; reload it.")
    change = Change(action=UNSNOOZE, actor=actor, to=awake(state_of(item)), note=kept_note)
    return change_item(session, item, change, seen=seen)
