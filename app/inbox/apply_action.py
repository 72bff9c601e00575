"""Apply an action of an admin to an item, in the caller's transaction."""

from sqlalchemy.orm import Session

from app.inbox.actions import Action, assignee_after, next_status
from app.inbox.change_item import Change, change_item, checked_note, get_item
from app.inbox.conflicts import conflict_of
from app.inbox.models import InboxItem, ItemStatus
from app.inbox.queries import Item, closes_itself


def apply_action(  # noqa: PLR0913 - optional arguments by keyword
    session: Session,
    item_id: int,
    action: Action,
    *,
    actor: str,
    note: str | None = None,
    expected_version: int | None = None,
) -> Item:
    """Change the status of an item by `action`, add a history entry, and return the item.

    When two people act at the same time, the second gets a Conflict that names the first and
    the time. A caller whose `expected_version` is out of date gets a Conflict too. An item
    without an assignee is assigned to `actor`, and so is one that they reopen. The note is
    redacted before it is stored. Raises NotFound, Conflict, or InvalidInput for a note that
    is too long.
    """
    kept_note = checked_note(note)
    item = get_item(session, item_id)
    seen = expected_version or item.version
    to_status = next_status(item.status, action, closes_itself=closes_itself(item))
    if to_status is None:
        raise conflict_of(session, item, action, seen=seen)
    change = Change(
        action=action,
        actor=actor,
        status=to_status,
        assignee=assignee_after(action, item.assignee, actor),
        acknowledged_occurrences=_acknowledged(item, to_status),
        note=kept_note,
    )
    return change_item(session, item, change, seen=seen)


def _acknowledged(item: InboxItem, to_status: str) -> int | None:
    is_acknowledged = to_status == ItemStatus.ACKNOWLEDGED
    return item.occurrences if is_acknowledged else item.acknowledged_occurrences
