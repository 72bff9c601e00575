"""Write a change of an item and its history entry, unless the item has changed meanwhile."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.core.errors import InvalidInput, NotFound
from app.core.redaction import redact_text
from app.core.views import members_of, view_of
from app.inbox.actions import CLOSED
from app.inbox.conflicts import conflict_of, superseded
from app.inbox.item_state import State, to_json
from app.inbox.models import InboxHistory, InboxItem
from app.inbox.queries import Item, item_of

NOTE_LIMIT = 2_000
"""The most characters of a note."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The state of an item after an action, who took it, and what they said.

    `until` is the time of a promise or a snooze, `reason` that of a dismissal.
    """

    action: str
    actor: str
    to: State
    note: str | None = None
    until: datetime | None = None
    reason: str | None = None


def get_item(session: Session, item_id: int) -> InboxItem:
    """Return the row of an item. Raises NotFound."""
    item = session.get(InboxItem, item_id)
    if item is None:
        raise NotFound(f"There is no inbox item {item_id}.")
    return item


def state_of(item: InboxItem) -> State:
    """Return the columns of an item that actions change."""
    return view_of(State, item)


def change_item(session: Session, item: InboxItem, change: Change, *, seen: int) -> Item:
    """Write `change` and its history entry; return the item.

    Raises Conflict unless `seen` is still the version of the item, or if the item would be the
    second open one of its group.
    """
    before = state_of(item)
    if seen != item.version or not _compare_and_set(session, item, change.to):
        raise conflict_of(session, item, change.action, seen=seen)
    session.add(
        InboxHistory(
            item_id=item.id,
            actor=change.actor,
            action=change.action,
            from_status=before.status,
            to_status=change.to.status,
            from_assignee=before.assignee,
            to_assignee=change.to.assignee,
            note=change.note,
            until=change.until,
            reason=change.reason,
            before=to_json(before),
        )
    )
    session.flush()
    return item_of(item)


def checked_note(note: str | None) -> str | None:
    """Return the redacted note; None if it is empty. Raises InvalidInput if it is too long."""
    text = (note or "").strip()
    if len(text) > NOTE_LIMIT:
        raise InvalidInput(f"A note may have at most {NOTE_LIMIT} characters.", field="note")
    return redact_text(text) or None


def _compare_and_set(session: Session, item: InboxItem, state: State) -> bool:
    """Write the new state unless the version has changed; refresh `item` in both cases."""
    closed_at = InboxItem.closed_at if state.status == item.status else func.now()
    statement = (
        update(InboxItem)
        .where(InboxItem.id == item.id, InboxItem.version == item.version)
        .values(
            **members_of(state),
            version=InboxItem.version + 1,
            closed_at=closed_at if state.status in CLOSED else None,
        )
        .returning(InboxItem.id)
        .execution_options(synchronize_session=False)
    )
    try:
        with session.begin_nested():
            is_written = session.scalar(statement) is not None
    except IntegrityError:
        raise superseded(session, item) from None
    session.refresh(item)
    return is_written
