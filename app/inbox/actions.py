"""The state machine of inbox items, drawn in `docs/architecture.md`. Pure."""

from enum import StrEnum

ASSIGN = "assign"
NOTE = "note"
PROMISE = "promise"
SNOOZE = "snooze"
UNDO = "undo"
UNSNOOZE = "unsnooze"


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


UNDOABLE = frozenset({*Action, ASSIGN, PROMISE, SNOOZE, UNSNOOZE})

_PAST = {
    Action.ACKNOWLEDGE: "acknowledged",
    Action.RESOLVE: "resolved",
    Action.DISMISS: "dismissed",
    Action.REOPEN: "reopened",
    ASSIGN: "assigned",
    NOTE: "noted",
    PROMISE: "given another promise",
    SNOOZE: "snoozed",
    UNDO: "changed back",
    UNSNOOZE: "taken out of its snooze",
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
    """Return the actions that may change `status`, the most usual first.

    An admin can't resolve an item that is closed automatically when its cause is gone.
    """
    excluded = {Action.RESOLVE} if closes_itself else set()
    return tuple(action for action in TRANSITIONS[status] if action not in excluded)


def allowed_acts(status: str, *, closes_itself: bool, is_snoozed: bool) -> tuple[str, ...]:
    """Return everything that a person may do to an item, except to undo, the most usual first."""
    actions = allowed_actions(status, closes_itself=closes_itself)
    if status in CLOSED:
        return (*actions, NOTE)
    promise = [PROMISE] if status == "acknowledged" else []
    wake = [UNSNOOZE] if is_snoozed else []
    return (*actions, *promise, ASSIGN, SNOOZE, *wake, NOTE)


def past_of(action: str) -> str:
    """Return the word for an action that was taken; the action itself if none is known."""
    return _PAST.get(action, action)


def assignee_after(action: str, assignee: str | None, actor: str) -> str | None:
    """Return who has an item after `actor` took `action` on it.

    They take an item that nobody has, and one that they reopen.
    """
    return actor if action == Action.REOPEN or assignee is None else assignee


def next_status(status: str, action: Action, *, closes_itself: bool = False) -> str | None:
    """Return the status after `action`, or None if the action is not allowed in `status`."""
    if action not in allowed_actions(status, closes_itself=closes_itself):
        return None
    return TRANSITIONS[status][action]
