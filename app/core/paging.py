"""Keyset pages: newest first, by id, each page starting after the last one ended.

A cursor is opaque to callers; it only ever means "older than this id", so a page costs
the same however deep it lies, and rows that arrive meanwhile shift nothing.
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
"""Given a limit, selects that many ids, newest first."""

DEFAULT_LIMIT = 50
MAX_LIMIT = 200

SEARCH_WINDOW = 5_000
"""How many rows one page of a search looks through; its cursor goes on below them."""

MAX_ID = 2**63 - 1
"""The largest id that a bigint column holds."""

_CURSOR = re.compile(r"before:([0-9]{1,19})")


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Part of a list, newest first; `next_cursor` fetches what is older, None ends it.

    A search may return a short page, even an empty one, with more behind it.
    """

    items: Sequence[Row]
    next_cursor: str | None

    def map(self, function: Callable[[Row], Other]) -> "Page[Other]":
        """Return the same page of what `function` makes of each item."""
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

    `found` narrows them to a search that no index answers: it is tried on the newest
    SEARCH_WINDOW rows alone, and the cursor of a short page goes on below them.
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
    """Return the cursor that goes on below a window, or None if the rows end within it."""
    ids = window.subquery()
    count, lowest = session.execute(select(func.count(), func.min(ids.c.id))).one()
    return encode_cursor(lowest) if count == SEARCH_WINDOW else None


def contains_text(
    q: str | None, *columns: InstrumentedAttribute[Any]
) -> ColumnElement[bool] | None:
    """Return the condition that one of `columns` holds `q`, in any case; None without `q`."""
    return or_(*(column.icontains(q, autoescape=True) for column in columns)) if q else None


def encode_cursor(before: int) -> str:
    """Return the cursor of the page that starts below the id `before`."""
    return base64.urlsafe_b64encode(f"before:{before}".encode()).decode().rstrip("=")


def decode_cursor(cursor: str | None) -> int:
    """Return the id below which the page starts; without a cursor, the one above all.

    Raises InvalidInput if the cursor isn't ours.
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
            "The cursor is not one that this list gave out; start again without it.",
            field="cursor",
        )
    return int(match[1])
