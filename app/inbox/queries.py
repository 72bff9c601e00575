"""Read the inbox: pages of items, one item with its history, and capped counts.

A list scans an index backwards from the cursor. If a filter has no value for a column that
precedes the id in the index, the query scans once per value of that column and merges the
results. So two indexes serve every combination of type, status and severity, and inserts
have no further indexes to maintain.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import product

from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    Select,
    func,
    literal,
    select,
    union_all,
)
from sqlalchemy.orm import Session

from app.core.errors import NotFound
from app.core.paging import DEFAULT_LIMIT, Page, contains_text, decode_cursor, read_page
from app.core.views import HistoryEntry, view_of
from app.inbox.actions import UNDO, allowed_acts
from app.inbox.drafts import DEAD_LETTER, Severity
from app.inbox.history import undoable_change
from app.inbox.models import InboxHistory, InboxItem, ItemStatus

COUNT_CAP = 1_000
"""The largest count. It means this number or more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemFilter:
    """The filters of a list; None means any value. `q` is searched in title, body and link."""

    status: ItemStatus | None = None
    severity: Severity | None = None
    type: str | None = None
    assignee: str | None = None
    q: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """An inbox item for pages and the API."""

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
    session: Session, wanted: ItemFilter, *, cursor: str | None = None, limit: int = DEFAULT_LIMIT
) -> Page[Item]:
    """Return a page of items, newest first. Raises InvalidInput on a foreign cursor."""
    before = decode_cursor(cursor)
    return read_page(
        session,
        InboxItem,
        lambda limit: _ids(wanted, before=before, limit=limit),
        limit=limit,
        found=contains_text(wanted.q, InboxItem.title, InboxItem.body, InboxItem.link_ref),
    ).map(item_of)


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
    """Return the number of open items by severity, each at most COUNT_CAP."""
    counts = [_count_open(severity).label(severity) for severity in Severity]
    row = session.execute(select(*counts)).one()
    return {severity: getattr(row, severity) for severity in Severity}


def item_of(row: InboxItem) -> Item:
    """Return the view of a row."""
    return view_of(
        Item,
        row,
        allowed_actions=allowed_acts(
            row.status, closes_itself=closes_itself(row), is_snoozed=row.is_snoozed
        ),
        more_since_acknowledged=_more_since_acknowledged(row),
    )


def closes_itself(row: InboxItem) -> bool:
    """Tell whether the item announces dead events; it closes when all of them are retried."""
    return row.type == DEAD_LETTER and row.occurrences > 0


def _more_since_acknowledged(row: InboxItem) -> int:
    if row.acknowledged_occurrences is None or row.status != ItemStatus.OPEN:
        return 0
    return max(row.occurrences - row.acknowledged_occurrences, 0)


def _ids(wanted: ItemFilter, *, before: int, limit: int) -> Select[int]:
    """Select the newest `limit` ids below `before`, with one index scan per branch."""
    branches = [
        select(InboxItem.id)
        .where(InboxItem.id < before, *conditions)
        .order_by(InboxItem.id.desc())
        .limit(limit)
        .subquery()
        for conditions in _branches(wanted)
    ]
    merged = union_all(*(select(branch.c.id) for branch in branches)).subquery()
    return select(merged.c.id).order_by(merged.c.id.desc()).limit(limit)


def _branches(wanted: ItemFilter) -> Iterator[list[ColumnElement[bool]]]:
    """Yield the conditions of each index scan. Together they match `wanted` without its `q`."""
    statuses: Iterable[str | None] = [wanted.status]
    severities: Iterable[str | None] = [wanted.severity]
    if not wanted.assignee and (wanted.type or wanted.status or wanted.severity):
        statuses = statuses if wanted.status else ItemStatus
        severities = severities if wanted.severity else Severity
    for status, severity in product(statuses, severities):
        parts = (
            (InboxItem.type, wanted.type),
            (InboxItem.status, status),
            (InboxItem.severity, severity),
            (InboxItem.assignee, wanted.assignee),
        )
        yield [column == value for column, value in parts if value is not None]


def _count_open(severity: Severity) -> ScalarSelect[int]:
    capped = (
        select(literal(1))
        .where(InboxItem.status == ItemStatus.OPEN, InboxItem.severity == severity)
        .limit(COUNT_CAP)
        .subquery()
    )
    return select(func.count()).select_from(capped).scalar_subquery()
