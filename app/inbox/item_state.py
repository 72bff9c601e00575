"""The part of an item that people change, and its value after each of their actions. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from app.core.views import members_of
from app.inbox.actions import SNOOZE, Action, assignee_after

_TIMES = frozenset({"promised_until", "snoozed_until"})


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """The columns of an item that actions change."""

    status: str
    assignee: str | None = None
    acknowledged_occurrences: int | None = None
    promised_until: datetime | None = None
    promised_by: str | None = None
    snoozed_until: datetime | None = None
    snoozed_occurrences: int | None = None
    dismiss_reason: str | None = None


def acknowledged(
    state: State, *, actor: str, occurrences: int, until: datetime | None = None
) -> State:
    """Return the state after an acknowledgement, which ends a snooze.

    `until` is the time by which `actor` promises an answer. Without it an earlier promise stays.
    """
    taken = replace(
        awake(state),
        status="acknowledged",
        assignee=assignee_after(Action.ACKNOWLEDGE, state.assignee, actor),
        acknowledged_occurrences=occurrences,
    )
    return promised(taken, until=until, actor=actor) if until else taken


def closed(state: State, action: Action, *, actor: str, reason: str | None = None) -> State:
    """Return the state after Resolve or Dismiss, which end a snooze and a promise."""
    return replace(
        _without_promise(awake(state)),
        status="resolved" if action is Action.RESOLVE else "dismissed",
        assignee=assignee_after(action, state.assignee, actor),
        dismiss_reason=reason,
    )


def reopened(state: State, *, actor: str) -> State:
    """Return the state after Reopen: it has neither promise nor snooze nor reason."""
    return replace(
        _without_promise(awake(state)), status="open", assignee=actor, dismiss_reason=None
    )


def promised(state: State, *, until: datetime | None, actor: str) -> State:
    """Return the state with `actor`'s promise; without any if `until` is None."""
    return replace(state, promised_until=until, promised_by=actor if until else None)


def snoozed(state: State, *, actor: str, until: datetime | None, occurrences: int) -> State:
    """Return the state of an item that is snoozed until a time, or until its next occurrence."""
    return replace(
        state,
        assignee=assignee_after(SNOOZE, state.assignee, actor),
        snoozed_until=until,
        snoozed_occurrences=None if until else occurrences,
    )


def awake(state: State) -> State:
    """Return the state without a snooze."""
    return replace(state, snoozed_until=None, snoozed_occurrences=None)


def to_json(state: State) -> dict[str, Any]:
    """Return a state as the history stores it."""
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in members_of(state).items()
    }


def from_json(stored: Mapping[str, Any]) -> State:
    """Return the state that `to_json` stored."""
    values: dict[str, Any] = {
        name: datetime.fromisoformat(value) if value and name in _TIMES else value
        for name, value in stored.items()
    }
    return State(**values)


def _without_promise(state: State) -> State:
    return replace(state, promised_until=None, promised_by=None)
