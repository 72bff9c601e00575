"""The cursor of a list of items: the position of its last row, and when the list began. Pure."""

import base64
import binascii
import re
from dataclasses import dataclass
from datetime import UTC, datetime

from app.core.errors import InvalidInput
from app.core.paging import MAX_ID
from app.inbox.tabs import Order

_TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{6})?\+00:00"
_CURSOR = re.compile(rf"(urgent|newest)\|({_TIME})\|([0-3])\|([01])\|({_TIME})\|(\d{{1,19}})")


@dataclass(frozen=True, slots=True)
class Position:
    """The place of a row in a list.

    `as_of` is when the first page was read. Every page uses it in place of the current time, so
    that an item whose snooze ends meanwhile moves no row from one page to another. `rank` is that
    of the severity, 0 for critical. `group` is 0 for an overdue promise, otherwise 1. In the
    order `newest` both are 0.
    """

    order: Order
    as_of: datetime
    rank: int
    group: int
    moment: datetime
    id: int

    @property
    def place(self) -> tuple[int, int]:
        """The rank and the group."""
        return self.rank, self.group


def encode_position(position: Position) -> str:
    """Return the cursor of the page that starts after `position`."""
    parts = (
        position.order,
        position.as_of.astimezone(UTC).isoformat(),
        position.rank,
        position.group,
        position.moment.astimezone(UTC).isoformat(),
        position.id,
    )
    text = "|".join(map(str, parts))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode_position(cursor: str | None, order: Order) -> Position | None:
    """Return the position of a cursor, None without one.

    Raises InvalidInput if the cursor does not come from a list in this order.
    """
    if not cursor:
        return None
    match = _CURSOR.fullmatch(_plain(cursor))
    try:
        if match and match[1] == order and int(match[6]) <= MAX_ID:
            as_of, moment = map(datetime.fromisoformat, (match[2], match[5]))
            return Position(order, as_of, int(match[3]), int(match[4]), moment, int(match[6]))
    except ValueError:  # a day that no calendar has
        pass
    raise InvalidInput(
        "The cursor does not come from this list; start again without it.",
        field="cursor",
    )


def _plain(cursor: str) -> str:
    padded = cursor + "=" * (-len(cursor) % 4)
    try:
        return base64.b64decode(padded, altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        return ""
