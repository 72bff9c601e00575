"""Retry or discard one failed event or message for a bulk job."""

from sqlalchemy.orm import Session

from app.bulk.bulk_actions import Arguments, FailureAction
from app.core.errors import Conflict
from app.dispatch.discard_event import discard_event
from app.dispatch.retry_event import retry_event
from app.outbound.discard_job import discard_job
from app.outbound.retry_job import retry_job


def act_on_event(  # noqa: PLR0913 - the same arguments for each subject
    session: Session,
    event_id: int,
    action: str,
    arguments: Arguments,
    *,
    actor: str,
    version: int | None,
) -> int:
    """Retry or discard the event, with a history entry, and return the number of its budget.

    Raises the errors of the use case, and Conflict if it was due already.
    """
    if action == FailureAction.DISCARD:
        return discard_event(
            session,
            event_id,
            actor=actor,
            reason=arguments.reason or "",
            expected_budget=version,
        ).budget
    outcome = retry_event(session, event_id, actor=actor, expected_budget=version)
    if not outcome.changed:
        raise Conflict(f"Event {event_id} was due already.")
    return outcome.event.budget


def act_on_message(  # noqa: PLR0913 - the same arguments for each subject
    session: Session,
    job_id: int,
    action: str,
    arguments: Arguments,
    *,
    actor: str,
    version: int | None,
) -> int:
    """Retry or discard the message, with a history entry, and return the number of its budget."""
    if action == FailureAction.DISCARD:
        return discard_job(
            session, job_id, actor=actor, reason=arguments.reason or "", expected_budget=version
        ).budget
    return retry_job(session, job_id, actor=actor, expected_budget=version).budget
