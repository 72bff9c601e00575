"""Keep the count of the item that announces dead letters, and close the item at zero."""

from sqlalchemy import func
from sqlalchemy.orm import Session

from app.inbox.actions import CLOSED, Action
from app.inbox.models import AUTOMATION, InboxHistory, InboxItem, ItemStatus

_NOTE = "Every dead event behind it was retried or discarded."


def count_down(session: Session, item_id: int) -> None:
    """Reduce the count of the announcement `item_id` by one; resolve the item at zero."""
    item = session.get(InboxItem, item_id, with_for_update=True, populate_existing=True)
    if item is None or item.occurrences == 0:
        return
    item.occurrences -= 1
    if item.acknowledged_occurrences is not None:
        item.acknowledged_occurrences = min(item.acknowledged_occurrences, item.occurrences)
    if item.snoozed_occurrences is not None:
        item.snoozed_occurrences = min(item.snoozed_occurrences, item.occurrences)
    item.version += 1
    if item.occurrences == 0 and item.status not in CLOSED:
        _resolve(session, item)
    session.flush()


def _resolve(session: Session, item: InboxItem) -> None:
    session.add(
        InboxHistory(
            item_id=item.id,
            actor=AUTOMATION,
            action=Action.RESOLVE,
            from_status=item.status,
            to_status=ItemStatus.RESOLVED,
            note=_NOTE,
        )
    )
    item.status = ItemStatus.RESOLVED
    item.closed_at = func.now()
    item.promised_until = item.promised_by = None
    item.snoozed_until = item.snoozed_occurrences = None
