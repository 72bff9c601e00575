"""The filters of a list of items, as conditions on its rows."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, literal_column

from app.inbox.drafts import Severity
from app.inbox.models import InboxItem
from app.inbox.tabs import Part, Tab


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemFilter:
    """The filters of a list; None means any value. `unassigned` selects items of nobody.

    `q` is what a person searches for, and `since` selects items that are new or have come up
    again after it. `find_items.resolve` replaces both by the `ids` that it has found; `is_cut`
    tells that more items match.
    """

    status: Tab | None = None
    severity: Severity | None = None
    type: str | None = None
    assignee: str | None = None
    unassigned: bool | None = None
    q: str | None = None
    since: datetime | None = None
    ids: tuple[int, ...] | None = None
    is_cut: bool = False


def conditions_of(
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
    is_severe = InboxItem.severity == literal_column(f"'{severity}'")
    return [is_severe, *matching(wanted), *placed(part, as_of, is_ordered=is_ordered)]


def placed(part: Part, as_of: datetime, *, is_ordered: bool = False) -> list[ColumnElement[bool]]:
    """Return the conditions of a part."""
    conditions: list[ColumnElement[bool]] = []
    if part.is_due is not None:
        due = InboxItem.waits_from <= as_of if part.is_due else InboxItem.waits_from > as_of
        conditions.append(due if is_ordered else due.is_(True))
    return [*conditions, *_of_part(part, as_of)]


def matching(wanted: ItemFilter) -> list[ColumnElement[bool]]:
    """Return the conditions of the filters other than tab and severity."""
    conditions: list[ColumnElement[bool]] = []
    if wanted.type:
        conditions.append(InboxItem.type == wanted.type)
    if wanted.assignee:
        conditions.append(InboxItem.assignee == wanted.assignee)
    if wanted.unassigned:
        conditions.append(InboxItem.assignee.is_(None))
    return conditions


def _of_part(part: Part, as_of: datetime) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [InboxItem.lane == literal_column(f"'{part.lane}'")]
    if part.lane == "snoozed" and part.is_overdue is not None:
        has_passed = func.coalesce(InboxItem.promised_until <= as_of, False)
        conditions.append(has_passed if part.is_overdue else ~has_passed)
    if part.status:
        conditions.append(InboxItem.status == part.status)
    return conditions
