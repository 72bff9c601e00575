"""The state machine of inbox items, drawn in `docs/architecture.md`. Pure."""

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
        """The past participle, e.g. `dismissed`."""
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
"""For each status: the allowed actions, and the status after each."""

CLOSED = frozenset({"resolved", "dismissed"})


def allowed_actions(status: str, *, closes_itself: bool = False) -> tuple[Action, ...]:
    """Return the actions that are allowed in `status`, the most usual first.

    An admin can't resolve an item that is closed automatically when its cause is gone.
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
    """Return the status after `action`, or None if the action is not allowed in `status`."""
    if action not in allowed_actions(status, closes_itself=closes_itself):
        return None
    return TRANSITIONS[status][action]
