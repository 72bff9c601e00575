"""Retry one target of a group first, and the others only when it was sent.

When the first one fails again, the job stops, and the others keep their attempts.
"""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.bulk.models import BulkJob, Subject
from app.dispatch.decisions import WORKER_LOST
from app.outbound.models import OutboundJob, OutboundStatus
from app.outbox.models import AutomationEvent, EventStatus

AT_WORK_SECONDS = 90
"""How long an event that may have killed its worker counts as being worked on."""


@dataclass(frozen=True, slots=True)
class Awaited:
    """The outcome of the first retry is not known yet."""


@dataclass(frozen=True, slots=True)
class Passed:
    """The first retry was sent."""


@dataclass(frozen=True, slots=True)
class Failed:
    """The first retry failed again."""

    reason: str


@dataclass(frozen=True, slots=True)
class Gone:
    """The first target tells nothing any more; another one must be the first."""


Verdict = Awaited | Passed | Failed | Gone


def judge(session: Session, job: BulkJob) -> Verdict:
    """Return what the first retry of a job says now."""
    if job.canary_id is None:
        return Gone()
    if job.subject == Subject.EVENTS:
        return _judge_event(session, job.canary_id)
    return _judge_message(session, job.canary_id)


def _judge_event(session: Session, event_id: int) -> Verdict:
    event = session.get(AutomationEvent, event_id)
    if event is None or event.discarded_at is not None:
        return Gone()
    if event.status == EventStatus.SENT:
        return Passed()
    if event.status == EventStatus.PENDING or _is_at_work(session, event):
        return Awaited()
    return Failed(f"Event {event_id} failed again: {event.last_error}")


def _is_at_work(session: Session, event: AutomationEvent) -> bool:
    """Tell whether a worker may be at work on an event that was counted as failed before it."""
    if event.error_fingerprint != WORKER_LOST or event.dead_at is not None:
        return False
    now = session.scalars(select(func.now())).one()
    return (now - event.updated_at).total_seconds() < AT_WORK_SECONDS


def _judge_message(session: Session, job_id: int) -> Verdict:
    message = session.get(OutboundJob, job_id)
    match message and message.status:
        case None | OutboundStatus.CANCELLED:
            return Gone()
        case OutboundStatus.SENT | OutboundStatus.DELIVERED | OutboundStatus.READ:
            return Passed()
        case OutboundStatus.QUEUED if message and not (message.attempts and not message.claimed_at):
            return Awaited()
    return Failed(f"Message {job_id} failed again: {message.last_error if message else None}")
