"""Apply an action of an admin to an item, in the caller's transaction."""

from datetime import datetime

from sqlalchemy.orm import Session

from app.core.errors import InvalidInput
from app.inbox.actions import Action, next_status
from app.inbox.change_item import Change, change_item, checked_note, get_item, state_of
from app.inbox.conflicts import conflict_of
from app.inbox.item_state import State, acknowledged, closed, reopened
from app.inbox.models import DismissReason, InboxItem
from app.inbox.queries import Item, closes_itself


def apply_action(  # noqa: PLR0913 - optional arguments by keyword
    session: Session,
    item_id: int,
    action: Action,
    *,
    actor: str,
    note: str | None = None,
    until: datetime | None = None,
    reason: DismissReason | None = None,
    expected_version: int | None = None,
) -> Item:
    """Change the status of an item by `action`, add a history entry, and return the item.

    `until` is the time by which an acknowledgement promises an answer, and `reason` that of a
    dismissal; the reason `other` needs a note. When two people act at the same time, the second
    gets a Conflict that names the first and the time. A caller whose `expected_version` is out
    of date gets a Conflict too. An item without an assignee is assigned to `actor`, and so is
    one that they reopen. The note is redacted before it is stored. Raises NotFound, Conflict,
    or InvalidInput for a note that is missing or too long.
    """
    kept_note = checked_note(note)
    if reason is DismissReason.OTHER and kept_note is None:
        raise InvalidInput("The reason other needs a note that says why.", field="note")
    item = get_item(session, item_id)
    seen = expected_version or item.version
    if next_status(item.status, action, closes_itself=closes_itself(item)) is None:
        raise conflict_of(session, item, action, seen=seen)
    change = Change(
        action=action,
        actor=actor,
        to=_state_after(item, action, actor=actor, until=until, reason=reason),
        note=kept_note,
        until=until,
        reason=reason,
    )
    return change_item(session, item, change, seen=seen)


def _state_after(
    item: InboxItem,
    action: Action,
    *,
    actor: str,
    until: datetime | None,
    reason: DismissReason | None,
) -> State:
    state = state_of(item)
    match action:
        case Action.ACKNOWLEDGE:
            return acknowledged(state, actor=actor, occurrences=item.occurrences, until=until)
        case Action.REOPEN:
            return reopened(state, actor=actor)
        case _:
            return closed(state, action, actor=actor, reason=reason)
