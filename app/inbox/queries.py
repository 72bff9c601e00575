"""Read the inbox: pages of items, one item with its history, and capped counts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import MAXYEAR, datetime
from typing import Any, TypeVar

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from app.core.errors import NotFound
from app.core.paging import DEFAULT_LIMIT, MAX_LIMIT, Page
from app.core.views import HistoryEntry, view_of
from app.inbox.actions import UNDO, allowed_acts
from app.inbox.drafts import DEAD_LETTER, Severity
from app.inbox.find_items import resolve
from app.inbox.history import undoable_change
from app.inbox.item_conditions import ItemFilter
from app.inbox.models import InboxHistory, InboxItem, ItemStatus
from app.inbox.position import Position, decode_position, encode_position
from app.inbox.select_items import (
    select_any,
    select_counts_of_found,
    select_page,
    sorting,
)
from app.inbox.tabs import Order, Tab, default_order

Name = TypeVar("Name", bound=str)

COUNT_CAP = 1_000
"""The largest count. It means this number or more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """An inbox item for pages and the API.

    `waits_from` is when it was created, when its snooze ends, or by when an answer is promised;
    None if it is snoozed until its next occurrence.
    """

    id: int
    type: str
    severity: str
    title: str
    body: str
    status: str
    link_ref: str | None
    occurrences: int
    more_since_acknowledged: int
    assignee: str | None
    promised_until: datetime | None
    promised_by: str | None
    is_overdue: bool
    snoozed_until: datetime | None
    is_snoozed: bool
    dismiss_reason: str | None
    version: int
    event_id: int | None
    created_at: datetime
    last_seen_at: datetime
    waits_from: datetime | None
    closed_at: datetime | None
    allowed_actions: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemHistoryEntry(HistoryEntry):
    """One action on an item, with its assignee before and after it.

    `until` is the time of a promise or the end of a snooze, and `reason` that of a dismissal.
    """

    from_assignee: str | None
    to_assignee: str | None
    until: datetime | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class ItemWithHistory:
    """An item and its history, oldest entry first."""

    item: Item
    history: Sequence[ItemHistoryEntry]


def list_items(
    session: Session,
    wanted: ItemFilter,
    *,
    order: Order | None = None,
    cursor: str | None = None,
    limit: int = DEFAULT_LIMIT,
) -> Page[Item]:
    """Return a page of items, in the order of the tab unless another is given.

    Raises InvalidInput on a cursor of another list.
    """
    wanted = resolve(session, wanted)
    order, limit = order or default_order(wanted.status), min(limit, MAX_LIMIT)
    after = decode_position(cursor, order)
    as_of = after.as_of if after else _now(session)
    page = select_page(wanted, order, as_of=as_of, after=after, limit=limit + 1).subquery()
    rows = session.execute(
        select(InboxItem, page.c.rank, page.c.group, page.c.moment)
        .join(page, page.c.id == InboxItem.id)
        .order_by(*sorting(order, page.c))
    ).all()
    last = rows[limit - 1] if len(rows) > limit else None
    return Page(
        [item_of(row.InboxItem) for row in rows[:limit]],
        encode_position(_position_of(last, order, as_of)) if last else None,
    )


def show_item(session: Session, item_id: int, *, actor: str | None = None) -> ItemWithHistory:
    """Return an item with its history, and whether `actor` may undo. Raises NotFound."""
    item = session.get(InboxItem, item_id)
    if item is None:
        raise NotFound(f"There is no inbox item {item_id}.")
    rows = session.scalars(
        select(InboxHistory).where(InboxHistory.item_id == item_id).order_by(InboxHistory.id)
    )
    shown = item_of(item)
    if actor and undoable_change(session, item, actor):
        shown = replace(shown, allowed_actions=(*shown.allowed_actions, UNDO))
    return ItemWithHistory(shown, [view_of(ItemHistoryEntry, row) for row in rows])


def item_of_event(session: Session, event_id: int, *, folded_into: int | None) -> Item | None:
    """Return the item of an event: the one it was folded into, or its own."""
    is_its = InboxItem.event_id == event_id
    if folded_into is not None:
        is_its = InboxItem.id == folded_into
    row = session.scalar(select(InboxItem).where(is_its).order_by(InboxItem.id.desc()).limit(1))
    return item_of(row) if row else None


def open_by_severity(session: Session) -> dict[Severity, int]:
    """Return the number of items in the tab `open` by severity, each at most COUNT_CAP."""
    filters = {each: ItemFilter(status=Tab.OPEN, severity=each) for each in Severity}
    return _counts(session, filters)


def count_by_tab(session: Session, wanted: ItemFilter) -> dict[Tab, int]:
    """Return the number of items that match the other filters, by tab, each at most COUNT_CAP."""
    found = resolve(session, wanted)
    if found.ids is None:
        return _counts(session, {tab: replace(found, status=tab) for tab in Tab})
    counts = session.execute(select_counts_of_found(found, Tab, as_of=_now(session))).one()
    return {tab: min(count, COUNT_CAP) for tab, count in zip(Tab, counts, strict=True)}


def count_items(session: Session, wanted: ItemFilter) -> int:
    """Return the number of items that match, at most COUNT_CAP."""
    return _counts(session, {"all": resolve(session, wanted)})["all"]


def item_of(row: InboxItem) -> Item:
    """Return the view of a row."""
    return view_of(
        Item,
        row,
        allowed_actions=allowed_acts(
            row.status, closes_itself=closes_itself(row), is_snoozed=row.is_snoozed
        ),
        more_since_acknowledged=_more_since_acknowledged(row),
        waits_from=None if row.waits_from.year == MAXYEAR else row.waits_from,
    )


def closes_itself(row: InboxItem) -> bool:
    """Tell whether the item announces dead events; it closes when all of them are retried."""
    return row.type == DEAD_LETTER and row.occurrences > 0


def _more_since_acknowledged(row: InboxItem) -> int:
    if row.acknowledged_occurrences is None or row.status != ItemStatus.OPEN:
        return 0
    return max(row.occurrences - row.acknowledged_occurrences, 0)


def _counts(session: Session, filters: Mapping[Name, ItemFilter]) -> dict[Name, int]:
    as_of = _now(session)
    counts = [
        select(func.count())
        .select_from(select_any(wanted, as_of=as_of, limit=COUNT_CAP).subquery())
        .scalar_subquery()
        for wanted in filters.values()
    ]
    return dict(zip(filters, session.execute(select(*counts)).one(), strict=True))


def _now(session: Session) -> datetime:
    """Return the time of the database, which all processes share."""
    return session.execute(select(func.now())).scalar_one()


def _position_of(row: Row[Any], order: Order, as_of: datetime) -> Position:
    return Position(order, as_of, row.rank, row.group, row.moment, row.InboxItem.id)
