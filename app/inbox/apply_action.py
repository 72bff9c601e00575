"""Apply an action of a person to an item, with its history entry, in the caller's transaction."""

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.core.errors import Conflict, InvalidInput, NotFound
from app.core.redaction import redact_text
from app.inbox.actions import CLOSED, Action, next_status
from app.inbox.models import RECUR, InboxHistory, InboxItem, ItemStatus
from app.inbox.queries import Item, closes_itself, item_of

NOTE_LIMIT = 2_000
"""Characters of a note."""


def apply_action(  # noqa: PLR0913 - all of these, each by its name
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
    the time. A caller whose `expected_version` is out of date gets a Conflict too.
    Acknowledging an item without an assignee assigns it to `actor`. The note is redacted
    before it is stored. Raises NotFound, Conflict, or InvalidInput for a note that is too long.
    """
    kept_note = _checked(note)
    item = session.get(InboxItem, item_id)
    if item is None:
        raise NotFound(f"There is no inbox item {item_id}.")
    seen, from_status = expected_version or item.version, item.status
    to_status = next_status(from_status, action, closes_itself=closes_itself(item))
    if to_status is None or seen != item.version:
        raise _conflict(session, item, action, seen=seen)
    taker = actor if action is Action.ACKNOWLEDGE else None
    if not _swap(session, item, to_status, taker=taker):
        session.refresh(item)
        raise _conflict(session, item, action, seen=seen)
    session.add(
        InboxHistory(
            item_id=item_id,
            actor=actor,
            action=action,
            from_status=from_status,
            to_status=to_status,
            note=kept_note,
        )
    )
    session.refresh(item)
    return item_of(item)


def _swap(session: Session, item: InboxItem, to_status: str, *, taker: str | None) -> bool:
    """Write the new status unless the version has moved on; tell whether it was written."""
    statement = (
        update(InboxItem)
        .where(InboxItem.id == item.id, InboxItem.version == item.version)
        .values(
            status=to_status,
            version=InboxItem.version + 1,
            closed_at=func.now() if to_status in CLOSED else None,
            assignee=func.coalesce(InboxItem.assignee, taker),
            acknowledged_occurrences=InboxItem.occurrences
            if to_status == ItemStatus.ACKNOWLEDGED
            else InboxItem.acknowledged_occurrences,
        )
        .returning(InboxItem.id)
        .execution_options(synchronize_session=False)
    )
    try:
        with session.begin_nested():
            return session.scalar(statement) is not None
    except IntegrityError:
        raise _superseded(session, item) from None


def _checked(note: str | None) -> str | None:
    text = (note or "").strip()
    if len(text) > NOTE_LIMIT:
        raise InvalidInput(f"A note has {NOTE_LIMIT} characters at most.", field="note")
    return redact_text(text) or None


def _conflict(session: Session, item: InboxItem, action: Action, *, seen: int) -> Conflict:
    """Say why `action` came too late: what changed the item, when, and what can be done now."""
    last = session.scalar(
        select(InboxHistory)
        .where(InboxHistory.item_id == item.id)
        .order_by(InboxHistory.id.desc())
        .limit(1)
    )
    if last is not None and last.action == RECUR:
        last = None
    now_allowed = " or ".join(item_of(item).allowed_actions)
    if seen != item.version and (last is None or last.at < item.updated_at):
        return Conflict(
            f"Item {item.id} has changed since you loaded it: it counts {item.occurrences} now;"
            f" reload it before you {action} it."
        )
    if closes_itself(item) and action is Action.RESOLVE and item.status not in CLOSED:
        return Conflict(
            f"Item {item.id} announces {item.occurrences} events that are still dead, and closes"
            " itself once all are retried; retry them, or dismiss it to leave them dead."
        )
    if last is None:
        return Conflict(
            f"Item {item.id} is {item.status}, so {action} does nothing; {now_allowed} it."
        )
    return Conflict(
        f"Item {item.id} was {Action(last.action).past} by {last.actor}"
        f" at {last.at:%Y-%m-%d %H:%M:%S} UTC; reload it before you {now_allowed} it."
    )


def _superseded(session: Session, item: InboxItem) -> Conflict:
    newer = session.scalar(
        select(InboxItem.id).where(
            InboxItem.group_key == item.group_key, InboxItem.status.not_in(CLOSED)
        )
    )
    return Conflict(
        f"Item {item.id} can't be reopened: it has come up again as item {newer}; work on that one."
    )
