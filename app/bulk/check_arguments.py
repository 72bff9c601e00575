"""Check the arguments of an action before its job is planned or started."""

from dataclasses import replace

from sqlalchemy.orm import Session

from app.bulk.bulk_actions import Arguments, FailureAction, ItemAction
from app.core.errors import InvalidInput
from app.core.redaction import redact_text
from app.identity.queries import require_assignable
from app.inbox.change_item import checked_note
from app.inbox.models import DismissReason

REASON_LIMIT = 200
"""The most characters of the reason of a discard."""


def check_arguments(
    session: Session, action: ItemAction | FailureAction | str, arguments: Arguments
) -> Arguments:
    """Return the arguments with texts redacted. Raises InvalidInput with one sentence."""
    if action == ItemAction.ASSIGN and arguments.assignee is not None:
        require_assignable(session, arguments.assignee)
    if action == FailureAction.DISCARD:
        arguments = replace(arguments, reason=checked_reason(arguments.reason))
    note = checked_note(arguments.note)
    if action == ItemAction.DISMISS:
        _check_dismissal(arguments.reason, note)
    return replace(arguments, note=note)


def checked_reason(reason: str | None) -> str:
    """Return the redacted reason of a discard. Raises InvalidInput if it is empty or too long."""
    text = (reason or "").strip()
    if not text:
        raise InvalidInput("Give the reason of the discard.", field="reason")
    if len(text) > REASON_LIMIT:
        raise InvalidInput(f"A reason may have at most {REASON_LIMIT} characters.", field="reason")
    return redact_text(text)


def _check_dismissal(reason: str | None, note: str | None) -> None:
    if reason is not None and reason not in set(DismissReason):
        raise InvalidInput(f"The reason must be one of {', '.join(DismissReason)}.", field="reason")
    if reason == DismissReason.OTHER and note is None:
        raise InvalidInput("The reason other needs a note that says why.", field="note")
