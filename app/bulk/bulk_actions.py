"""The actions that a bulk job may take, and the arguments of each. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

CAP = 10_000
"""The most targets of one job."""

UNDO = "undo"
"""The action of a job that undoes another one."""


class ItemAction(StrEnum):
    """What a job may do to items."""

    ACKNOWLEDGE = "acknowledge"
    RESOLVE = "resolve"
    DISMISS = "dismiss"
    REOPEN = "reopen"
    ASSIGN = "assign"
    SNOOZE = "snooze"


class FailureAction(StrEnum):
    """What a job may do to failed events and messages."""

    RETRY = "retry"
    DISCARD = "discard"


@dataclass(frozen=True, slots=True, kw_only=True)
class Arguments:
    """What an action needs besides its targets. An action ignores what it does not need.

    `until` is the time of a promise or the end of a snooze; a snooze without it ends with the
    next occurrence.
    """

    note: str | None = None
    reason: str | None = None
    assignee: str | None = None
    until: datetime | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the arguments that are set, as JSON can hold them."""
        until = self.until.isoformat() if self.until else None
        given = {
            "note": self.note,
            "reason": self.reason,
            "assignee": self.assignee,
            "until": until,
        }
        return {name: value for name, value in given.items() if value is not None}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """Return the arguments that `to_json` has stored."""
        until = stored.get("until")
        return cls(**{**stored, "until": datetime.fromisoformat(until) if until else None})
