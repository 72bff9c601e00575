"""Add a note to an item, in the caller's transaction."""

from sqlalchemy.orm import Session

from app.core.errors import InvalidInput
from app.inbox.actions import NOTE
from app.inbox.change_item import checked_note, get_item
from app.inbox.models import InboxHistory
from app.inbox.queries import Item, item_of


def add_note(session: Session, item_id: int, *, actor: str, note: str) -> Item:
    """Add a redacted note to the history of an item in any status, and return the item.

    A note changes neither status nor assignee, so no version is checked.
    Raises NotFound, or InvalidInput for a note that is empty or too long.
    """
    kept = checked_note(note)
    if kept is None:
        raise InvalidInput("A note can't be empty.", field="note")
    item = get_item(session, item_id)
    session.add(
        InboxHistory(
            item_id=item_id,
            actor=actor,
            action=NOTE,
            from_status=item.status,
            to_status=item.status,
            from_assignee=item.assignee,
            to_assignee=item.assignee,
            note=kept,
        )
    )
    session.flush()
    return item_of(item)
