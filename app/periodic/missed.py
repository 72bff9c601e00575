"""Record an event when a planned run is missing or has failed."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.database import Sessions
from app.outbox.events import PeriodicRunMissed
from app.outbox.record import record_event
from app.periodic.jobs import PeriodicJob
from app.periodic.models import JobRun
from app.periodic.runs import RunOutcome, ensure_first_start
from app.periodic.slots import Slot

_NOT_RUN = "No worker has run it."


def report_missed(
    sessions: Sessions, job: PeriodicJob, *, now: datetime, since: datetime
) -> Slot | None:
    """Record an event if the latest slot of `job` is missing or failed; return the slot if new.

    Call this more often than slots become due. A slot is missing when `job.grace` has passed
    since its due time and since `since`, the start of the caller: after a stop of the whole
    system the job has this time to catch up. Slots from before the first start of the
    installation are ignored.
    """
    if now - since < job.grace:
        return None
    slot = job.schedule.latest(now - job.grace)
    with sessions.begin() as session:
        if slot.due_at < ensure_first_start(session, now):
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
