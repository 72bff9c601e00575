"""Select a page of a list with one index scan per part and severity.

Each scan reads its index from the cursor on and stops after a page. The parts are then merged.
So every filter, order and page reads about as many rows as it shows, times the number of scans.
Lanes and severities are written into the statement, because a plan for any value of a parameter
could not use the partial indexes.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import product
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Integer,
    Select,
    and_,
    any_,
    case,
    false,
    func,
    literal,
    literal_column,
    or_,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.types import DateTime

from app.core.paging import MAX_ID
from app.inbox.drafts import Severity
from app.inbox.item_conditions import ItemFilter, conditions_of, matching, placed
from app.inbox.models import InboxItem
from app.inbox.placement import MOVED
from app.inbox.position import Position
from app.inbox.tabs import Order, Tab, parts_of

Scan = Select[*tuple[Any, ...]]

_Time = DateTime(timezone=True)
_Ids = ARRAY(BigInteger)
_ZERO = literal_column("0", Integer)
_moved: ColumnElement[bool] = literal_column(MOVED)
_is_as_created = InboxItem.last_seen_at == InboxItem.created_at


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


def select_since(moment: datetime, *, limit: int) -> Select[*tuple[Any, ...]]:
    """Select id, rank, group and moment of items last seen after a moment, the oldest first."""
    position = Position(Order.NEWEST, moment, 0, 0, moment, MAX_ID)
    start = Start(position, is_backwards=True)
    return _merged(ItemFilter(), Order.NEWEST, as_of=moment, start=start, limit=limit)


def select_any(wanted: ItemFilter, *, as_of: datetime, limit: int) -> Select[*tuple[Any, ...]]:
    """Select at most `limit` matching ids, in no order."""
    if wanted.ids is not None:
        return select(InboxItem.id).where(*_found(wanted, as_of)).limit(limit)
    severities = [wanted.severity] if wanted.severity else list(Severity)
    scans = [
        select(InboxItem.id)
        .where(*conditions_of(wanted, part, severity, as_of))
        .limit(limit)
        .subquery()
        for part, severity in product(parts_of(wanted.status), severities)
    ]
    merged = union_all(*(select(scan.c.id) for scan in scans)).subquery("merged")
    return select(merged.c.id).limit(limit)


def select_counts_of_found(
    wanted: ItemFilter, tabs: Iterable[Tab], *, as_of: datetime
) -> Select[*tuple[Any, ...]]:
    """Select the number of items in each tab among those that a search has found, in one scan."""
    counts = [func.count().filter(_in_tab(tab, as_of)) for tab in tabs]
    return select(*counts).where(*_found(replace(wanted, status=None), as_of))


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
    if wanted.ids is not None:
        return _page_of_found(wanted, order, as_of=as_of, start=start, limit=limit)
    scans = _urgent_scans if order is Order.URGENT else _newest_scans
    nothing = _scan(InboxItem.waits_from, [false()], _ZERO, _ZERO)
    found = list(scans(wanted, as_of, start)) or [nothing]
    limited = [scan.limit(limit).subquery() for scan in found]
    merged = union_all(*(select(*scan.c) for scan in limited)).subquery("merged")
    is_backwards = bool(start and start.is_backwards)
    keys = sorting(order, merged.c, is_backwards=is_backwards)
    return select(*merged.c).order_by(*keys).limit(limit)


def _page_of_found(
    wanted: ItemFilter, order: Order, *, as_of: datetime, start: Start | None, limit: int
) -> Select[*tuple[Any, ...]]:
    """Select a page of the items that a search has found: they are few, so one scan suffices."""
    is_urgent = order is Order.URGENT
    moment = InboxItem.waits_from if is_urgent else InboxItem.last_seen_at
    rank, group = (_rank(), _group(as_of)) if is_urgent else (_ZERO, _ZERO)
    found = _scan(moment, _found(wanted, as_of), rank, group).subquery("found")
    page = select(*found.c).limit(limit)
    if start:
        keys = (found.c.rank, found.c.group, found.c.moment, found.c.id)
        page = page.where(_beyond(keys, start))
    is_backwards = bool(start and start.is_backwards)
    return page.order_by(*sorting(order, found.c, is_backwards=is_backwards))


def _found(wanted: ItemFilter, as_of: datetime) -> list[ColumnElement[bool]]:
    """Return the conditions on the items that a search has found, whatever their part."""
    conditions = [InboxItem.id == any_(literal(list(wanted.ids or ()), _Ids))]
    if wanted.status:
        conditions.append(_in_tab(wanted.status, as_of))
    if wanted.severity:
        conditions.append(InboxItem.severity == wanted.severity)
    return [*conditions, *matching(wanted)]


def _in_tab(tab: Tab, as_of: datetime) -> ColumnElement[bool]:
    return or_(*(and_(*placed(part, as_of)) for part in parts_of(tab, Order.URGENT)))


def _rank() -> ColumnElement[int]:
    severities = {severity: rank for rank, severity in enumerate(reversed(Severity))}
    return case(severities, value=InboxItem.severity)


def _group(as_of: datetime) -> ColumnElement[int]:
    first = [part for part in parts_of(Tab.ALL, Order.URGENT) if part.comes_first]
    return case((or_(*(and_(*placed(part, as_of)) for part in first)), 0), else_=1)


def _urgent_scans(wanted: ItemFilter, as_of: datetime, start: Start | None) -> Iterator[Scan]:
    """Yield the scans, each with its rank and group, from the longest wait on."""
    is_backwards = bool(start and start.is_backwards)
    for rank, severity in enumerate(reversed(Severity)):
        for part in parts_of(wanted.status, Order.URGENT):
            group = 0 if part.comes_first else 1
            place = (rank, group)
            if wanted.severity in {None, severity} and not (start and start.is_past(place)):
                conditions = conditions_of(wanted, part, severity, as_of)
                if start and place == start.position.place:
                    conditions.append(_beyond((InboxItem.waits_from, InboxItem.id), start))
                yield _scan(
                    InboxItem.waits_from, conditions, _number(rank), _number(group)
                ).order_by(*_directed(InboxItem.waits_from, InboxItem.id, descending=is_backwards))


def _newest_scans(wanted: ItemFilter, as_of: datetime, start: Start | None) -> Iterator[Scan]:
    """Yield the scans, each from the latest occurrence backwards."""
    severities = [wanted.severity] if wanted.severity else list(Severity)
    for part, severity in product(parts_of(wanted.status, Order.NEWEST), severities):
        conditions = conditions_of(wanted, part, severity, as_of, is_ordered=False)
        if part.lane in {"open", "acknowledged"}:
            yield _newest(InboxItem.waits_from, [*conditions, _is_as_created], start)
            conditions.append(_moved)
        yield _newest(InboxItem.last_seen_at, conditions, start)


def _newest(moment: Any, conditions: list[ColumnElement[bool]], start: Start | None) -> Scan:
    beyond = [_beyond((moment, InboxItem.id), start)] if start else []
    descending = not (start and start.is_backwards)
    keys = _directed(moment, InboxItem.id, descending=descending)
    return _scan(moment, [*conditions, *beyond], _ZERO, _ZERO).order_by(*keys)


def _scan(
    moment: Any,
    conditions: list[ColumnElement[bool]],
    rank: ColumnElement[int],
    group: ColumnElement[int],
) -> Scan:
    return select(
        InboxItem.id,
        rank.label("rank"),
        group.label("group"),
        moment.label("moment"),
    ).where(*conditions)


def _number(value: int) -> ColumnElement[int]:
    return literal_column(str(value), Integer)


def _beyond(keys: Sequence[Any], start: Start) -> ColumnElement[bool]:
    """Return the condition that a row stands beyond the start.

    `keys` are its moment and id, with its rank and group before them if rows of several are
    compared.
    """
    position = start.position
    values = (
        literal(position.rank),
        literal(position.group),
        literal(position.moment, _Time),
        literal(position.id),
    )
    row, place = tuple_(*keys), tuple_(*values[-len(keys) :])
    is_upwards = (position.order is Order.URGENT) != start.is_backwards
    return row > place if is_upwards else row < place


def _directed(*columns: Any, descending: bool) -> tuple[ColumnElement[Any], ...]:
    return tuple(column.desc() if descending else column.asc() for column in columns)
