"""Keyset pages by id, newest first.

A cursor means "older than this id", and callers treat it as opaque. So every page costs the
same, and new rows do not move rows from one page to another.
"""

import base64
import binascii
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.core.errors import InvalidInput

Row = TypeVar("Row")
Other = TypeVar("Other")

IdsUpTo = Callable[[int], Select[int]]
"""Builds a query for the newest ids. The argument is its limit."""

DEFAULT_LIMIT = 50
MAX_LIMIT = 200

SEARCH_WINDOW = 5_000
"""How many rows one page of a search reads. Its cursor continues after them."""

MAX_ID = 2**63 - 1
"""The largest id that a bigint column holds."""

_CURSOR = re.compile(r"before:([0-9]{1,19})")


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Part of a list, newest first. `next_cursor` fetches older rows; None means the end.

    A page of a search may be short or empty although older pages have matches.
    """

    items: Sequence[Row]
    next_cursor: str | None

    def map(self, function: Callable[[Row], Other]) -> "Page[Other]":
        """Return the page with `function` applied to each item."""
        return Page([function(item) for item in self.items], self.next_cursor)


def read_page(
    session: Session,
    model: type[Row],
    ids: IdsUpTo,
    *,
    limit: int,
    found: ColumnElement[bool] | None = None,
) -> Page[Row]:
    """Return the rows of `model` that `ids` selects, at most MAX_LIMIT, newest first.

    `found` is a search condition without an index. It is applied to the newest SEARCH_WINDOW
    rows only, and the cursor of a short page continues after them.
    """
    limit = min(limit, MAX_LIMIT)
    identity: Any = model.id  # type: ignore[attr-defined]
    window = ids(limit + 1 if found is None else SEARCH_WINDOW)
    query = select(model).where(identity.in_(window)).order_by(identity.desc()).limit(limit + 1)
    rows: Sequence[Any] = session.scalars(query if found is None else query.where(found)).all()
    if len(rows) > limit:
        return Page(rows[:limit], encode_cursor(rows[limit - 1].id))
    return Page(rows, None if found is None else _cursor_below(session, window))


def _cursor_below(session: Session, window: Select[int]) -> str | None:
    """Return the cursor that continues after a window, or None if no rows are left."""
    ids = window.subquery()
    count, lowest = session.execute(select(func.count(), func.min(ids.c.id))).one()
    return encode_cursor(lowest) if count == SEARCH_WINDOW else None


def contains_text(
    q: str | None, *columns: InstrumentedAttribute[Any]
) -> ColumnElement[bool] | None:
    """Return the condition that one of `columns` contains `q`, ignoring case; None without `q`."""
    return or_(*(column.icontains(q, autoescape=True) for column in columns)) if q else None


def encode_cursor(before: int) -> str:
    """Return the cursor of the page that starts below the id `before`."""
    return base64.urlsafe_b64encode(f"before:{before}".encode()).decode().rstrip("=")


def decode_cursor(cursor: str | None) -> int:
    """Return the id before which the page starts, MAX_ID without a cursor.

    Raises InvalidInput if `encode_cursor` did not make the cursor.
    """
    if not cursor:
        return MAX_ID
    padded = cursor + "=" * (-len(cursor) % 4)
    try:
        match = _CURSOR.fullmatch(base64.b64decode(padded, altchars=b"-_", validate=True).decode())
    except (binascii.Error, ValueError):
        match = None
    if match is None or int(match[1]) > MAX_ID:
        raise InvalidInput(
            "The cursor does not come from this list; start again without it.",
            field="cursor",
        )
    return int(match[1])
