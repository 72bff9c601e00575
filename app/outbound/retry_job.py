"""Retry a failed job for an admin."""

from sqlalchemy import func
from sqlalchemy.orm import Session

from app.core.errors import Conflict, NotFound
from app.outbound.models import OutboundHistory, OutboundJob, OutboundStatus
from app.outbound.queries import OutboundJobView, job_of


def retry_job(
    session: Session, job_id: int, *, actor: str, expected_budget: int | None = None
) -> OutboundJobView:
    """Make a failed job due now, start a new budget, and add a history entry.

    A discarded job is no longer discarded. Raises NotFound, and Conflict if the job has not
    failed, or if a retry since `expected_budget` was read began another series.
    """
    job = lock_job(session, job_id, expected_budget=expected_budget)
    if job.status != OutboundStatus.FAILED:
        raise Conflict(f"Outbound job {job_id} is {job.status}; only a failed job can be retried.")
    session.add(
        OutboundHistory(
            job_id=job_id,
            actor=actor,
            action="retry",
            from_status=job.status,
            to_status=OutboundStatus.QUEUED,
        )
    )
    _renew(job)
    session.flush()
    session.refresh(job)
    return job_of(job)


def lock_job(session: Session, job_id: int, *, expected_budget: int | None) -> OutboundJob:
    """Lock and return a job. Raises NotFound, and Conflict for another `expected_budget`."""
    job = session.get(OutboundJob, job_id, with_for_update=True, populate_existing=True)
    if job is None:
        raise NotFound(f"There is no outbound job {job_id}.")
    if expected_budget not in {None, job.budget}:
        raise Conflict(f"Outbound job {job_id} was retried in the meantime; look at it again.")
    return job


def _renew(job: OutboundJob) -> None:
    job.status = OutboundStatus.QUEUED
    job.attempts = 0
    job.budget += 1
    job.next_attempt_at = func.clock_timestamp()
    job.failed_at = None
    job.discarded_at = job.discarded_by = job.discard_reason = None
