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


def allowed_actions(status: str) -> tuple[Action, ...]:
    """Return what may be done to an item in `status`, the usual one first."""
    return tuple(TRANSITIONS[status])


def next_status(status: str, action: Action) -> str | None:
    """Return where `action` leads from `status`, or None if it isn't allowed there."""
    return TRANSITIONS[status].get(action)
