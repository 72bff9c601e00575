"""Write a change of an item and its history entry, unless the item has changed meanwhile."""

from dataclasses import dataclass

from sqlalchemy import func, update
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningUpdate

from app.core.errors import InvalidInput, NotFound
from app.core.redaction import redact_text
from app.inbox.actions import CLOSED
from app.inbox.models import InboxHistory, InboxItem

NOTE_LIMIT = 2_000
"""The most characters of a note."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The state of an item after an action, who took it, and their note."""

    action: str
    actor: str
    status: str
    assignee: str | None
    acknowledged_occurrences: int | None
    note: str | None = None


def get_item(session: Session, item_id: int) -> InboxItem:
    """Return the row of an item. Raises NotFound."""
    item = session.get(InboxItem, item_id)
    if item is None:
        raise NotFound(f"There is no inbox item {item_id}.")
    return item


def write_change(session: Session, item: InboxItem, change: Change) -> bool:
    """Write `change` and its history entry; False if the version is no longer that of `item`.

    `item` is refreshed in both cases. Raises sqlalchemy.exc.IntegrityError if the item would be
    the second open one of its group.
    """
    before = (item.status, item.assignee)
    with session.begin_nested():
        written = session.scalar(_compare_and_set(item, change)) is not None
    session.refresh(item)
    if written:
        session.add(
            InboxHistory(
                item_id=item.id,
                actor=change.actor,
                action=change.action,
                from_status=before[0],
                to_status=change.status,
                from_assignee=before[1],
                to_assignee=change.assignee,
                note=change.note,
            )
        )
        session.flush()
    return written


def checked_note(note: str | None) -> str | None:
    """Return the redacted note; None if it is empty. Raises InvalidInput if it is too long."""
    text = (note or "").strip()
    if len(text) > NOTE_LIMIT:
        raise InvalidInput(f"A note may have {NOTE_LIMIT} characters.", field="note")
    return redact_text(text) or None


def _compare_and_set(item: InboxItem, change: Change) -> ReturningUpdate[int]:
    closed_at = InboxItem.closed_at if change.status == item.status else func.now()
    return (
        update(InboxItem)
        .where(InboxItem.id == item.id, InboxItem.version == item.version)
        .values(
            status=change.status,
            version=InboxItem.version + 1,
            closed_at=closed_at if change.status in CLOSED else None,
            assignee=change.assignee,
            acknowledged_occurrences=change.acknowledged_occurrences,
        )
        .returning(InboxItem.id)
        .execution_options(synchronize_session=False)
    )
