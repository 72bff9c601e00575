"""Notice planned runs that did not happen, and tell people by an event."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.database import Sessions
from app.outbox.events import PeriodicRunMissed
from app.outbox.record import record_event
from app.periodic.jobs import PeriodicJob
from app.periodic.models import JobRun
from app.periodic.runs import RunOutcome, first_start
from app.periodic.slots import Slot

_NOT_RUN = "Nobody has run it."


def report_missed(
    sessions: Sessions, job: PeriodicJob, *, now: datetime, since: datetime
) -> Slot | None:
    """Record that the last slot of `job` is missing or failed; return it if that is news.

    To be called more often than slots come. A slot is missing once its grace is over, and
    so is the same grace after `since`, when the caller began to watch: after a stop of
    everything the job gets that long to catch up. Slots from before the first start of
    this installation are nobody's fault.
    """
    if now - since < job.grace:
        return None
    slot = job.schedule.latest(now - job.grace)
    with sessions.begin() as session:
        if slot.due_at < first_start(session, now):
            return None
        reason = _what_is_wrong(session, job, slot)
        is_news = reason is not None and record_event(session, _event(job, slot, reason))
    return slot if is_news else None


def _what_is_wrong(session: Session, job: PeriodicJob, slot: Slot) -> str | None:
    run = session.scalar(select(JobRun).where(JobRun.job == job.name, JobRun.slot == slot.name))
    if run is None:
        return _NOT_RUN
    if run.outcome == RunOutcome.DONE:
        return None
    return f"It failed with: {(run.detail or {}).get('error', 'an unknown error')}."


def _event(job: PeriodicJob, slot: Slot, reason: str) -> PeriodicRunMissed:
    planned_at = f"{slot.due_at:%Y-%m-%d %H:%M} UTC"
    return PeriodicRunMissed(job=job.name, slot=slot.name, planned_at=planned_at, reason=reason)
