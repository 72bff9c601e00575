"""Set or remove the assignee of an item, in the caller's transaction."""

from sqlalchemy.orm import Session

from app.inbox.actions import ASSIGN
from app.inbox.change_item import Change, change_item, checked_note, get_item
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

    The caller has checked that `to` is a user. Raises NotFound, Conflict as `apply_action`
    does, or InvalidInput for a note that is too long.
    """
    kept_note = checked_note(note)
    item = get_item(session, item_id)
    change = Change(
        action=ASSIGN,
        actor=actor,
        status=item.status,
        assignee=to,
        acknowledged_occurrences=item.acknowledged_occurrences,
        note=kept_note,
    )
    return change_item(session, item, change, seen=expected_version or item.version)
