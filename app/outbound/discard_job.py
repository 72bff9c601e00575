"""Discard a failed message: it will not be sent. It stays and can be retried later."""

from sqlalchemy import func
from sqlalchemy.orm import Session

from app.core.errors import Conflict
from app.outbound.models import OutboundHistory, OutboundStatus
from app.outbound.queries import OutboundJobView, job_of
from app.outbound.retry_job import lock_job


def discard_job(
    session: Session, job_id: int, *, actor: str, reason: str, expected_budget: int | None = None
) -> OutboundJobView:
    """Mark a failed job as discarded, with a history entry. The caller has checked `reason`.

    Raises NotFound, and Conflict if the job has not failed, is discarded already, or if a retry
    since `expected_budget` was read began another series.
    """
    job = lock_job(session, job_id, expected_budget=expected_budget)
    if job.discarded_at is not None:
        raise Conflict(
            f"Outbound job {job_id} was discarded by {job.discarded_by}"
            f" at {job.discarded_at:%Y-%m-%d %H:%M:%S} UTC."
        )
    if job.status != OutboundStatus.FAILED:
        raise Conflict(
            f"Outbound job {job_id} is {job.status}; only a failed job can be discarded."
        )
    session.add(
        OutboundHistory(
            job_id=job_id,
            actor=actor,
            action="discard",
            from_status=job.status,
            to_status=job.status,
            note=reason,
        )
    )
    job.discarded_at = func.now()
    job.discarded_by, job.discard_reason = actor, reason
    session.flush()
    session.refresh(job)
    return job_of(job)
