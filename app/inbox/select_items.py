"""Select a page of a list with one index scan per part and severity.

Each scan reads its index from the cursor on and stops after a page. The parts are then merged.
So every filter, order and page reads about as many rows as it shows, times the number of scans.
Lanes and severities are written into the statement, because a plan for any value of a parameter
could not use the partial indexes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import product
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    false,
    func,
    literal,
    literal_column,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.types import DateTime

from app.core.paging import contains_text
from app.inbox.drafts import Severity
from app.inbox.models import InboxItem
from app.inbox.placement import MOVED
from app.inbox.position import Position
from app.inbox.tabs import Order, Part, Tab, parts_of

Scan = Select[*tuple[Any, ...]]

_Time = DateTime(timezone=True)
_moved: ColumnElement[bool] = literal_column(MOVED)
_is_as_created = InboxItem.last_seen_at == InboxItem.created_at


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemFilter:
    """The filters of a list; None means any value. `unassigned` selects items of nobody."""

    status: Tab | None = None
    severity: Severity | None = None
    type: str | None = None
    assignee: str | None = None
    unassigned: bool | None = None
    q: str | None = None


@dataclass(frozen=True, slots=True)
class Start:
    """Where a selection starts, and whether it goes back towards the first row."""

    position: Position
    is_backwards: bool = False

    def is_past(self, place: tuple[int, int]) -> bool:
        """Tell whether all rows of `place` stand on the other side of the start."""
        own = self.position.place
        return place > own if self.is_backwards else place < own


def select_page(
    wanted: ItemFilter, order: Order, *, as_of: datetime, after: Position | None, limit: int
) -> Select[*tuple[Any, ...]]:
    """Select id, rank, group and moment of the rows after a position, in order."""
    start = Start(after) if after else None
    return _merged(wanted, order, as_of=as_of, start=start, limit=limit)


def select_before(
    wanted: ItemFilter, order: Order, *, position: Position
) -> Select[*tuple[Any, ...]]:
    """Select id, rank, group and moment of the row just before a position."""
    start = Start(position, is_backwards=True)
    return _merged(wanted, order, as_of=position.as_of, start=start, limit=1)


def select_any(wanted: ItemFilter, *, as_of: datetime, limit: int) -> Select[*tuple[Any, ...]]:
    """Select at most `limit` matching ids, in no order."""
    severities = [wanted.severity] if wanted.severity else list(Severity)
    scans = [
        select(InboxItem.id)
        .where(*_conditions(wanted, part, severity, as_of))
        .limit(limit)
        .subquery()
        for part, severity in product(parts_of(wanted.status), severities)
    ]
    merged = union_all(*(select(scan.c.id) for scan in scans)).subquery("merged")
    return select(merged.c.id).limit(limit)


def sorting(
    order: Order, columns: Any, *, is_backwards: bool = False
) -> tuple[ColumnElement[Any], ...]:
    """Return what sorts the columns of `select_page`."""
    if order is Order.NEWEST:
        return _directed(columns.moment, columns.id, descending=not is_backwards)
    keys = (columns.rank, columns.group, columns.moment, columns.id)
    return _directed(*keys, descending=is_backwards)


def _merged(
    wanted: ItemFilter, order: Order, *, as_of: datetime, start: Start | None, limit: int
) -> Select[*tuple[Any, ...]]:
    scans = _urgent_scans if order is Order.URGENT else _newest_scans
    nothing = _scan(InboxItem.waits_from, [false()], 0, 0)
    found = list(scans(wanted, as_of, start)) or [nothing]
    limited = [scan.limit(limit).subquery() for scan in found]
    merged = union_all(*(select(*scan.c) for scan in limited)).subquery("merged")
    is_backwards = bool(start and start.is_backwards)
    keys = sorting(order, merged.c, is_backwards=is_backwards)
    return select(*merged.c).order_by(*keys).limit(limit)


def _urgent_scans(wanted: ItemFilter, as_of: datetime, start: Start | None) -> Iterator[Scan]:
    """Yield the scans, each with its rank and group, from the longest wait on."""
    is_backwards = bool(start and start.is_backwards)
    for rank, severity in enumerate(reversed(Severity)):
        for part in parts_of(wanted.status, Order.URGENT):
            group = 0 if part.comes_first else 1
            place = (rank, group)
            if wanted.severity in {None, severity} and not (start and start.is_past(place)):
                conditions = _conditions(wanted, part, severity, as_of)
                if start and place == start.position.place:
                    conditions.append(_beyond(InboxItem.waits_from, start))
                yield _scan(InboxItem.waits_from, conditions, rank, group).order_by(
                    *_directed(InboxItem.waits_from, InboxItem.id, descending=is_backwards)
                )


def _newest_scans(wanted: ItemFilter, as_of: datetime, start: Start | None) -> Iterator[Scan]:
    """Yield the scans, each from the latest occurrence backwards."""
    severities = [wanted.severity] if wanted.severity else list(Severity)
    for part, severity in product(parts_of(wanted.status, Order.NEWEST), severities):
        conditions = _conditions(wanted, part, severity, as_of, is_ordered=False)
        if part.lane in {"open", "acknowledged"}:
            yield _newest(InboxItem.waits_from, [*conditions, _is_as_created], start)
            conditions.append(_moved)
        yield _newest(InboxItem.last_seen_at, conditions, start)


def _newest(moment: Any, conditions: list[ColumnElement[bool]], start: Start | None) -> Scan:
    beyond = [_beyond(moment, start)] if start else []
    descending = not (start and start.is_backwards)
    keys = _directed(moment, InboxItem.id, descending=descending)
    return _scan(moment, [*conditions, *beyond], 0, 0).order_by(*keys)


def _scan(moment: Any, conditions: list[ColumnElement[bool]], rank: int, group: int) -> Scan:
    return select(
        InboxItem.id,
        literal_column(str(rank), Integer).label("rank"),
        literal_column(str(group), Integer).label("group"),
        moment.label("moment"),
    ).where(*conditions)


def _beyond(moment: Any, start: Start) -> ColumnElement[bool]:
    """Return the condition that a row stands beyond the start, by moment and id."""
    row, position = tuple_(moment, InboxItem.id), start.position
    place = tuple_(literal(position.moment, _Time), literal(position.id))
    is_upwards = (position.order is Order.URGENT) != start.is_backwards
    return row > place if is_upwards else row < place


def _directed(*columns: Any, descending: bool) -> tuple[ColumnElement[Any], ...]:
    return tuple(column.desc() if descending else column.asc() for column in columns)


def _conditions(
    wanted: ItemFilter,
    part: Part,
    severity: Severity,
    as_of: datetime,
    *,
    is_ordered: bool = True,
) -> list[ColumnElement[bool]]:
    """Return the conditions of a scan. `is_ordered` tells whether it is in order of `waits_from`.

    If it is not, the condition on `waits_from` is written so that no index serves it. Otherwise
    the planner reads and sorts everything that waits, although few rows of it are wanted.
    """
    conditions = [InboxItem.severity == literal_column(f"'{severity}'"), *_matching(wanted)]
    if part.is_due is not None:
        due = InboxItem.waits_from <= as_of if part.is_due else InboxItem.waits_from > as_of
        conditions.append(due if is_ordered else due.is_(True))
    return [*conditions, *_of_part(part, as_of)]


def _matching(wanted: ItemFilter) -> list[ColumnElement[bool]]:
    """Return the conditions of the filters other than tab and severity."""
    conditions: list[ColumnElement[bool]] = []
    if wanted.type:
        conditions.append(InboxItem.type == wanted.type)
    if wanted.assignee:
        conditions.append(InboxItem.assignee == wanted.assignee)
    if wanted.unassigned:
        conditions.append(InboxItem.assignee.is_(None))
    found = contains_text(wanted.q, InboxItem.title, InboxItem.body, InboxItem.link_ref)
    if found is not None:
        conditions.append(found)
    return conditions


def _of_part(part: Part, as_of: datetime) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [InboxItem.lane == literal_column(f"'{part.lane}'")]
    if part.lane == "snoozed" and part.is_overdue is not None:
        has_passed = func.coalesce(InboxItem.promised_until <= as_of, False)
        conditions.append(has_passed if part.is_overdue else ~has_passed)
    if part.status:
        conditions.append(InboxItem.status == part.status)
    return conditions
