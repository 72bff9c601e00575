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


def select_page(
    wanted: ItemFilter, order: Order, *, as_of: datetime, after: Position | None, limit: int
) -> Select[*tuple[Any, ...]]:
    """Select id, rank, group and moment of the rows after a position, in order."""
    scans = _urgent_scans if order is Order.URGENT else _newest_scans
    limited = [scan.limit(limit).subquery() for scan in scans(wanted, as_of, after)]
    merged = union_all(*(select(*scan.c) for scan in limited)).subquery("merged")
    return select(*merged.c).order_by(*sorting(order, merged.c)).limit(limit)


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


def sorting(order: Order, columns: Any) -> tuple[ColumnElement[Any], ...]:
    """Return what sorts the columns of `select_page`."""
    if order is Order.NEWEST:
        return columns.moment.desc(), columns.id.desc()
    return columns.rank, columns.group, columns.moment, columns.id


def _urgent_scans(wanted: ItemFilter, as_of: datetime, after: Position | None) -> Iterator[Scan]:
    """Yield the scans, each with its rank and group, from the longest wait on."""
    for rank, severity in enumerate(reversed(Severity)):
        for part in parts_of(wanted.status, Order.URGENT):
            group = 0 if part.comes_first else 1
            place = (rank, group)
            if wanted.severity in {None, severity} and not (after and place < after.place):
                conditions = _conditions(wanted, part, severity, as_of)
                if after and place == after.place:
                    conditions.append(_beyond(InboxItem.waits_from, after))
                yield _scan(InboxItem.waits_from, conditions, rank, group).order_by(
                    InboxItem.waits_from, InboxItem.id
                )


def _newest_scans(wanted: ItemFilter, as_of: datetime, after: Position | None) -> Iterator[Scan]:
    """Yield the scans, each from the latest occurrence backwards."""
    severities = [wanted.severity] if wanted.severity else list(Severity)
    for part, severity in product(parts_of(wanted.status, Order.NEWEST), severities):
        conditions = _conditions(wanted, part, severity, as_of, is_ordered=False)
        if part.lane in {"open", "acknowledged"}:
            yield _newest(InboxItem.waits_from, [*conditions, _is_as_created], after)
            conditions.append(_moved)
        yield _newest(InboxItem.last_seen_at, conditions, after)


def _newest(moment: Any, conditions: list[ColumnElement[bool]], after: Position | None) -> Scan:
    before = [_beyond(moment, after)] if after else []
    return _scan(moment, [*conditions, *before], 0, 0).order_by(moment.desc(), InboxItem.id.desc())


def _scan(moment: Any, conditions: list[ColumnElement[bool]], rank: int, group: int) -> Scan:
    return select(
        InboxItem.id,
        literal_column(str(rank), Integer).label("rank"),
        literal_column(str(group), Integer).label("group"),
        moment.label("moment"),
    ).where(*conditions)


def _beyond(moment: Any, after: Position) -> ColumnElement[bool]:
    """Return the condition that a row stands after a position, by moment and id."""
    row = tuple_(moment, InboxItem.id)
    place = tuple_(literal(after.moment, _Time), literal(after.id))
    return row > place if after.order is Order.URGENT else row < place


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
