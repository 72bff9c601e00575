"""The tabs of the inbox, and the parts of each. Pure.

Every item is in exactly one tab besides `all`. A snoozed item is in `snoozed`. An item whose
promised time has passed is in `open`, also if it is acknowledged.
"""

from dataclasses import dataclass
from enum import StrEnum


class Tab(StrEnum):
    """The tabs, as the parameter `status` names them."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    SNOOZED = "snoozed"
    RESOLVED = "resolved"
    DISMISSED = "dismissed"
    ALL = "all"


class Order(StrEnum):
    """The orders of a list: by urgency, or by the time of the last occurrence."""

    URGENT = "urgent"
    NEWEST = "newest"


@dataclass(frozen=True, slots=True)
class Part:
    """Items of one lane. `is_due` tells whether the moment of `WAITS_FROM` has passed.

    `status` and `is_overdue` select within the lane `snoozed`, which holds items of both.
    """

    lane: str
    is_due: bool | None = None
    is_overdue: bool | None = None
    status: str | None = None

    @property
    def comes_first(self) -> bool:
        """Whether the items stand before others of their severity: a promise has passed."""
        return self.is_overdue is True


_OVERDUE = (
    Part("open_promised", is_due=True, is_overdue=True),
    Part("acknowledged_promised", is_due=True, is_overdue=True),
    Part("snoozed", is_due=True, is_overdue=True),
)
_OPEN = (
    Part("open"),
    Part("open_promised", is_due=False),
    Part("snoozed", is_due=True, is_overdue=False, status="open"),
)
_ACKNOWLEDGED = (
    Part("acknowledged"),
    Part("acknowledged_promised", is_due=False),
    Part("snoozed", is_due=True, is_overdue=False, status="acknowledged"),
)
_SNOOZED = (Part("snoozed", is_due=False),)
_RESOLVED = (Part("resolved"),)
_DISMISSED = (Part("dismissed"),)

_PARTS = {
    Tab.OPEN: _OVERDUE + _OPEN,
    Tab.ACKNOWLEDGED: _ACKNOWLEDGED,
    Tab.SNOOZED: _SNOOZED,
    Tab.RESOLVED: _RESOLVED,
    Tab.DISMISSED: _DISMISSED,
    Tab.ALL: _OVERDUE + _OPEN + _ACKNOWLEDGED + _SNOOZED + _RESOLVED + _DISMISSED,
}


_LANES = tuple(Part(lane) for lane in dict.fromkeys(part.lane for part in _PARTS[Tab.ALL]))


def parts_of(tab: Tab | None, order: Order | None = None) -> tuple[Part, ...]:
    """Return the parts of `tab`; they have no item in common. None means all items.

    In the order `newest` an overdue promise does not come first, so whole lanes suffice for `all`.
    """
    if tab in {None, Tab.ALL} and order is not Order.URGENT:
        return _LANES
    return _PARTS[tab or Tab.ALL]


def default_order(tab: Tab | None) -> Order:
    """Return the order of `tab`: by urgency where items wait for a person."""
    waiting = {Tab.OPEN, Tab.ACKNOWLEDGED, Tab.SNOOZED}
    return Order.URGENT if tab in waiting else Order.NEWEST
