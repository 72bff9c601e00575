"""Entries of a timeline, and its keyset pages, newest first.

Each feature selects its own entries in a Window. Entries of one instant are ordered by their
rank, which follows cause and effect, and then by id. The cursor is the place of an entry.
"""

import base64
import binascii
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import ColumnElement, Select, tuple_

from app.core.errors import InvalidInput
from app.core.views import view_of

PAGE = 200
"""How many entries a page of a timeline has."""

Row = TypeVar("Row")
AnySelect = TypeVar("AnySelect", bound="Select[*tuple[Any, ...]]")

_CURSOR = re.compile(r"at:([0-9]{1,17}):([0-9]{1,2}):([0-9]{1,19})")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Rank(IntEnum):
    """The order of entries of one instant."""

    CUSTOMER_WROTE = 10
    VERIFICATION_BEGAN = 20
    VERIFICATION_ENDED = 21
    CASE_OPENED = 30
    EVENT_RECORDED = 40
    EVENT_FAILED = 41
    EVENT_DIED = 42
    EVENT_DELIVERED = 43
    EVENT_ACT = 44
    ITEM_OPENED = 50
    ITEM_ACT = 51
    MESSAGE_QUEUED = 60
    MESSAGE_ACT = 61
    MESSAGE_TRIED = 62
    MESSAGE_DELIVERED = 63
    MESSAGE_READ = 64
    MESSAGE_FAILED = 65
    EXPORT_MADE = 70
    NOTIFICATION_ACT = 71


class Place(NamedTuple):
    """The place of an entry in a timeline."""

    at: datetime
    rank: int
    id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineEntry:
    """One entry of a timeline. `ref` is what it is about, e.g. `case:42`.

    `text` is a sentence, `detail` the redacted words that belong to it, in `language` if it is
    known. `actor` is the person who acted. The first entry has none before it.
    """

    at: datetime
    seconds_since_previous: float | None
    kind: str
    ref: str
    text: str
    detail: str | None
    language: str | None
    actor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelinePage:
    """Entries, newest first, and the cursor of the older ones; null means the end."""

    items: Sequence[TimelineEntry]
    next_cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An entry as a feature gives it, with its place. The fields are those of TimelineEntry."""

    at: datetime
    kind: str
    ref: str
    text: str
    detail: str | None = None
    language: str | None = None
    actor: str | None = None
    place: Place

    @classmethod
    def of(cls, place: Place, ref: str, text: str, **more: str | None) -> "Entry":
        """Return the entry at `place`. Its kind is the name of its rank."""
        kind = Rank(place.rank).name.lower()
        return cls(at=place.at, kind=kind, ref=ref, text=text, place=place, **more)


@dataclass(frozen=True, slots=True)
class Window:
    """The part of a timeline that a page reads: at most `limit` entries before `before`."""

    before: Place | None = None
    limit: int = PAGE

    @classmethod
    def read(cls, cursor: str | None, *, limit: int = PAGE) -> "Window":
        """Return the window that a cursor continues. Raises InvalidInput on a foreign cursor."""
        return cls(_decode(cursor) if cursor else None, min(limit, PAGE))

    def of(self, query: AnySelect, at: Any, row_id: Any, rank: Rank) -> AnySelect:
        """Return `query` limited to this window, newest first. One more row shows the next page."""
        if self.before is not None:
            query = query.where(_is_before(self.before, at, row_id, rank))
        return query.where(at.is_not(None)).order_by(at.desc(), row_id.desc()).limit(self.limit + 1)

    def page(self, entries: Iterable[Entry]) -> TimelinePage:
        """Return the newest entries of all features, newest first."""
        found = sorted(entries, key=lambda entry: entry.place, reverse=True)
        shown, cursor = self.cut(found, lambda entry: entry.place)
        previous = [*found[1 : len(shown) + 1], None]
        items = [_shown(*pair) for pair in zip(shown, previous, strict=False)]
        return TimelinePage(items=items, next_cursor=cursor)

    def cut(
        self, found: Iterable[Row], place_of: Callable[[Row], Place]
    ) -> tuple[list[Row], str | None]:
        """Return the newest rows of this window, and the cursor of the older ones if any."""
        rows = sorted(found, key=place_of, reverse=True)
        shown = rows[: self.limit]
        return shown, _encode(place_of(shown[-1])) if len(rows) > self.limit else None


def _shown(entry: Entry, previous: Entry | None) -> TimelineEntry:
    seconds = (entry.at - previous.at).total_seconds() if previous else None
    return view_of(TimelineEntry, entry, seconds_since_previous=seconds)


def _is_before(place: Place, at: Any, row_id: Any, rank: Rank) -> ColumnElement[bool]:
    condition: ColumnElement[bool]
    if rank == place.rank:
        condition = tuple_(at, row_id) < (place.at, place.id)
    else:
        condition = at <= place.at if rank < place.rank else at < place.at
    return condition


def _encode(place: Place) -> str:
    micros = (place.at - _EPOCH) // timedelta(microseconds=1)
    text = f"at:{micros}:{place.rank}:{place.id}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _decode(cursor: str) -> Place:
    padded = cursor + "=" * (-len(cursor) % 4)
    try:
        match = _CURSOR.fullmatch(base64.b64decode(padded, altchars=b"-_", validate=True).decode())
    except (binascii.Error, ValueError):
        match = None
    if match is None or int(match[3]) >= 2**63:
        raise InvalidInput(
            "The cursor does not come from this timeline; start again without it.", field="cursor"
        )
    return Place(_EPOCH + timedelta(microseconds=int(match[1])), int(match[2]), int(match[3]))
