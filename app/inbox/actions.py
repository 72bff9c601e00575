"""What a person may do to an inbox item, and where it leads. Pure; drawn in the architecture."""

from enum import StrEnum

ASSIGN = "assign"
NOTE = "note"
UNDO = "undo"


class Action(StrEnum):
    """An action that changes the status of an item."""

    ACKNOWLEDGE = "acknowledge"
    RESOLVE = "resolve"
    DISMISS = "dismiss"
    REOPEN = "reopen"

    @property
    def past(self) -> str:
        """The word for its having been done, e.g. `dismissed`."""
        return past_of(self)


UNDOABLE = frozenset({*Action, ASSIGN})

_PAST = {
    Action.ACKNOWLEDGE: "acknowledged",
    Action.RESOLVE: "resolved",
    Action.DISMISS: "dismissed",
    Action.REOPEN: "reopened",
    ASSIGN: "assigned",
    NOTE: "noted",
    UNDO: "changed back",
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


def past_of(action: str) -> str:
    """Return the word for an action that was taken; the action itself if none is known."""
    return _PAST.get(action, action)


def assignee_after(action: Action, assignee: str | None, actor: str) -> str | None:
    """Return who has an item after `actor` took `action` on it.

    They take an item that nobody has, and one that they reopen.
    """
    return actor if action is Action.REOPEN or assignee is None else assignee


def next_status(status: str, action: Action, *, closes_itself: bool = False) -> str | None:
    """Return where `action` leads from `status`, or None if it isn't allowed there."""
    if action not in allowed_actions(status, closes_itself=closes_itself):
        return None
    return TRANSITIONS[status][action]
