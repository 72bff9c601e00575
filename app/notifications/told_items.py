"""The items that a notification tells of, as they are when it is sent."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, Select, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.core.views import view_of
from app.inbox.drafts import Severity
from app.inbox.models import InboxItem
from app.notifications.compose import TEXT_LIMIT, ToldItem
from app.notifications.models import NotificationChannel, NotificationRepeat, NotificationRule
from app.outbox.events import NotificationChannelFailing
from app.outbox.models import AutomationEvent

_RANK = {severity.value: rank for rank, severity in enumerate(Severity)}


def find_items(
    session: Session,
    channel: NotificationChannel,
    rule: NotificationRule | None,
    event_ids: Sequence[int],
) -> list[ToldItem]:
    """Return the items of the events, the most urgent first and then the oldest first.

    Left out are recurring items that the rule told of within its `repeat_minutes`, and the item
    that says that this very channel fails.
    """
    if rule is None or not event_ids:
        return []
    own_failure = f"{NotificationChannelFailing.event_type}:{channel.id}"
    told = _told_lately(session, rule)
    rows = session.execute(_items_of(event_ids)).all()
    found = [row for row in rows if row.group_key != own_failure and row.id not in told]
    return [view_of(ToldItem, row) for row in sorted(found, key=_urgency)]


def note_told(session: Session, rule_id: int, item_ids: Sequence[int]) -> None:
    """Note that the rule has just told of these items, for those that may recur."""
    recurring = session.scalars(
        select(InboxItem.id).where(InboxItem.id.in_(item_ids), InboxItem.group_key.is_not(None))
    ).all()
    if recurring:
        rows = [{"item_id": item_id, "rule_id": rule_id} for item_id in sorted(recurring)]
        statement = insert(NotificationRepeat).values(rows)
        session.execute(
            statement.on_conflict_do_update(
                index_elements=["item_id", "rule_id"], set_={"told_at": func.now()}
            )
        )


def _told_lately(session: Session, rule: NotificationRule) -> set[int]:
    since = func.now() - func.make_interval(0, 0, 0, 0, 0, rule.repeat_minutes)
    return set(
        session.scalars(
            select(NotificationRepeat.item_id).where(
                NotificationRepeat.rule_id == rule.id, NotificationRepeat.told_at > since
            )
        )
    )


def _items_of(event_ids: Sequence[int]) -> Select[Any]:
    """Select the items of events: their own, and those that they were folded into."""
    own = select(InboxItem.id).where(InboxItem.event_id.in_(event_ids))
    folded = select(AutomationEvent.item_id).where(AutomationEvent.id.in_(event_ids))
    columns = (
        InboxItem.id,
        InboxItem.type,
        InboxItem.severity,
        InboxItem.status,
        InboxItem.title,
        func.left(InboxItem.body, TEXT_LIMIT).label("text"),
        InboxItem.occurrences,
        InboxItem.created_at,
        InboxItem.group_key,
    )
    return select(*columns).where(InboxItem.id.in_(own.union(folded)))


def _urgency(row: Row[Any]) -> tuple[int, int]:
    return -_RANK[row.severity], row.id
