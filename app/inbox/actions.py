"""What a person may do to an inbox item, and where it leads. Pure; drawn in the architecture."""

from enum import StrEnum


class Action(StrEnum):
    """An act of a person on an item."""

    ACKNOWLEDGE = "acknowledge"
    RESOLVE = "resolve"
    DISMISS = "dismiss"
    REOPEN = "reopen"

    @property
    def past(self) -> str:
        """The word for its having been done, e.g. `dismissed`."""
        return _PAST[self]


_PAST = {
    Action.ACKNOWLEDGE: "acknowledged",
    Action.RESOLVE: "resolved",
    Action.DISMISS: "dismissed",
    Action.REOPEN: "reopened",
}

TRANSITIONS: dict[str, dict[Action, str]] = {
    "open": {
        Action.ACKNOWLEDGE: "acknowledged",
        Action.RESOLVE: "resolved",
        Action.DISMISS: "dismissed",
    },
    "acknowledged": {
        Action.RESOLVE: "resolved",
        Action.DISMISS: "dismissed",
    },
    "resolved": {Action.REOPEN: "open"},
    "dismissed": {Action.REOPEN: "open"},
}
"""By status: each action that is allowed there, and the status that it leads to."""

CLOSED = frozenset({"resolved", "dismissed"})


def allowed_actions(status: str, *, closes_itself: bool = False) -> tuple[Action, ...]:
    """Return what may be done to an item in `status`, the usual one first.

    An item that closes itself when its cause is gone can't be resolved by hand.
    """
    excluded = {Action.RESOLVE} if closes_itself else set()
    return tuple(action for action in TRANSITIONS[status] if action not in excluded)


def next_status(status: str, action: Action, *, closes_itself: bool = False) -> str | None:
    """Return where `action` leads from `status`, or None if it isn't allowed there."""
    if action not in allowed_actions(status, closes_itself=closes_itself):
        return None
    return TRANSITIONS[status][action]
