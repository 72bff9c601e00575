"""Start, cancel and undo a bulk job. The workers find started jobs in the database."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.bulk.bulk_actions import UNDO, Arguments
from app.bulk.check_arguments import check_arguments
from app.bulk.models import BulkJob, BulkTarget, JobStatus, TargetOutcome
from app.bulk.plan_job import add_targets
from app.bulk.queries import BulkJobView, bulk_job_of, get_bulk_job
from app.core.errors import Conflict

_OVER = {JobStatus.DONE, JobStatus.STOPPED}


def start_job(
    session: Session, job_id: int, *, actor: str, arguments: Arguments | None = None
) -> BulkJobView:
    """Start a planned job; a second start changes nothing.

    `arguments` replace those of the plan. Only the person who planned the job may start it.
    Raises NotFound, Conflict if it was cancelled or is another's, or InvalidInput.
    """
    job = get_bulk_job(session, job_id, lock=True)
    if job.status == JobStatus.CANCELLED:
        raise Conflict(f"Bulk job {job_id} was cancelled by {job.cancelled_by}; plan a new one.")
    if job.author != actor:
        raise Conflict(f"Bulk job {job_id} was planned by {job.author}; plan one of your own.")
    if job.status == JobStatus.PLANNED:
        given = arguments or Arguments.from_json(job.arguments)
        job.arguments = check_arguments(session, job.action, given).to_json()
        _start(session, job)
    return bulk_job_of(session, job)


def cancel_job(session: Session, job_id: int, *, actor: str) -> BulkJobView:
    """Cancel a planned or running job; what is done stays done. A second cancel changes nothing.

    Waits for the batch that a worker has begun. Raises NotFound, and Conflict if the job is over.
    """
    job = get_bulk_job(session, job_id, lock=True)
    if job.status in _OVER:
        raise Conflict(f"Bulk job {job_id} ended before it could be cancelled.")
    if job.status != JobStatus.CANCELLED:
        job.cancelled_by = actor
        finish(job, JobStatus.CANCELLED)
        session.flush()
        session.refresh(job)
    return bulk_job_of(session, job)


def undo_job(session: Session, job_id: int, *, actor: str) -> BulkJobView:
    """Start the job that undoes `job_id`, and return it; a second undo returns the same one.

    It changes back the items that nobody has changed since, and skips the others. Raises
    NotFound, and Conflict if the job is not over or can't be undone.
    """
    job = get_bulk_job(session, job_id, lock=True)
    view = bulk_job_of(session, job)
    if view.undone_by is not None:
        return bulk_job_of(session, get_bulk_job(session, view.undone_by))
    if not view.can_undo:
        raise Conflict(
            f"Bulk job {job_id} can't be undone: only a job on items that has ended and has"
            " changed something can."
        )
    undo = BulkJob(
        subject=job.subject,
        action=UNDO,
        arguments={},
        selection={"undo_of": job_id},
        author=actor,
        total=job.done,
        undoes=job_id,
    )
    session.add(undo)
    session.flush()
    add_targets(session, undo.id, _done_targets(session, job_id))
    _start(session, undo)
    return bulk_job_of(session, undo)


def finish(job: BulkJob, status: JobStatus) -> None:
    """Write the last status of a job."""
    job.status = status
    job.next_at = None
    job.finished_at = func.now()


def _start(session: Session, job: BulkJob) -> None:
    """Make the first batch due. The trigger on `started_at` wakes a worker at the commit."""
    job.status = JobStatus.RUNNING
    job.started_at = job.next_at = func.now()
    session.flush()
    session.refresh(job)


def _done_targets(session: Session, job_id: int) -> list[tuple[int, int | None]]:
    rows = session.execute(
        select(BulkTarget.target_id, BulkTarget.version_after).where(
            BulkTarget.job_id == job_id, BulkTarget.outcome == TargetOutcome.DONE
        )
    )
    return [(row.target_id, row.version_after) for row in rows]
