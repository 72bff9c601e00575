"""The history of channels and rules, and the check that nobody else changed them meanwhile."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.errors import Conflict
from app.notifications.models import NotificationHistory

NOTIFICATION_ACTIONS = ("create", "change", "enable", "disable", "renew secret", "test")
"""The actions on channels and rules. A notification that is sent again has `retry`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One act of a person on a channel, a rule or a notification."""

    actor: str
    action: str
    before: str = ""
    to: str = ""
    note: str | None = None


def switched(actor: str, *, is_active: bool) -> Change:
    """Return the change that enables or disables something."""
    if is_active:
        return Change(actor=actor, action="enable", before="disabled", to="active")
    return Change(actor=actor, action="disable", before="active", to="disabled")


def note_change(session: Session, subject_ref: str, change: Change) -> None:
    """Add an entry to the history of what `subject_ref` names."""
    session.add(
        NotificationHistory(
            subject_ref=subject_ref,
            actor=change.actor,
            action=change.action,
            from_status=change.before,
            to_status=change.to,
            note=change.note or None,
        )
    )


def require_version(session: Session, subject_ref: str, version: int, expected: int | None) -> None:
    """Raise Conflict, with the name of who was first, if the version is not the expected one."""
    if expected is None or version == expected:
        return
    actor = session.scalar(
        select(NotificationHistory.actor)
        .where(NotificationHistory.subject_ref == subject_ref)
        .order_by(NotificationHistory.id.desc())
        .limit(1)
    )
    what = subject_ref.replace(":", " ").capitalize()
    raise Conflict(f"{what} was changed by {actor} meanwhile; look at it and change it again.")
