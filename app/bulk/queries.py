"""Read bulk jobs: one job, the newest jobs, and what a job has skipped."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.bulk.bulk_actions import CAP, UNDO
from app.bulk.models import BulkJob, BulkTarget, JobStatus, Subject, TargetOutcome
from app.core.errors import NotFound
from app.core.paging import DEFAULT_LIMIT, Page, decode_cursor, encode_cursor, read_page
from app.core.views import view_of
from app.inbox.models import InboxItem
from app.outbound.models import OutboundJob
from app.outbox.models import AutomationEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkJobView:
    """A bulk job for pages and the API. `cap` is the most targets that a job may have.

    `waiting` counts the targets that were not tried yet. `undone_by` is the job that undoes
    this one.
    """

    id: int
    subject: str
    action: str
    arguments: dict[str, Any]
    selection: dict[str, Any]
    author: str
    status: str
    total: int
    cap: int
    is_capped: bool
    done: int
    skipped: int
    waiting: int
    canary_id: int | None
    stop_reason: str | None
    cancelled_by: str | None
    undoes: int | None
    undone_by: int | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None

    @property
    def can_undo(self) -> bool:
        """Whether an undo of the job can be started."""
        is_over = self.status in {JobStatus.DONE, JobStatus.CANCELLED}
        is_undoable = self.subject == Subject.ITEMS and self.action != UNDO
        return is_over and is_undoable and self.done > 0 and self.undone_by is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """A target that the job did not change, and why."""

    target_id: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedTarget:
    """A target of a job; its name is None if it does not exist."""

    target_id: int
    name: str | None


_NAMES: dict[Subject, tuple[Any, Any]] = {
    Subject.ITEMS: (InboxItem, InboxItem.title),
    Subject.EVENTS: (AutomationEvent, AutomationEvent.dedupe_key),
    Subject.MESSAGES: (OutboundJob, OutboundJob.recipient_masked),
}


def list_bulk_jobs(
    session: Session, *, cursor: str | None = None, limit: int = DEFAULT_LIMIT
) -> Page[BulkJobView]:
    """Return a page of jobs, newest first. Raises InvalidInput on a foreign cursor."""
    ids = select(BulkJob.id).where(BulkJob.id < decode_cursor(cursor)).order_by(BulkJob.id.desc())
    page = read_page(session, BulkJob, ids.limit, limit=limit)
    return page.map(lambda job: bulk_job_of(session, job))


def show_bulk_job(session: Session, job_id: int) -> BulkJobView:
    """Return a job. Raises NotFound."""
    return bulk_job_of(session, get_bulk_job(session, job_id))


def get_bulk_job(session: Session, job_id: int, *, lock: bool = False) -> BulkJob:
    """Return the row of a job, locked on request. Raises NotFound."""
    job = session.get(BulkJob, job_id, with_for_update=lock, populate_existing=lock)
    if job is None:
        raise NotFound(f"There is no bulk job {job_id}.")
    return job


def list_skipped(
    session: Session, job_id: int, *, cursor: str | None = None, limit: int = DEFAULT_LIMIT
) -> Page[Skipped]:
    """Return a page of what the job has skipped, highest id first."""
    rows: Sequence[BulkTarget] = session.scalars(
        select(BulkTarget)
        .where(
            BulkTarget.job_id == job_id,
            BulkTarget.outcome == TargetOutcome.SKIPPED,
            BulkTarget.target_id < decode_cursor(cursor),
        )
        .order_by(BulkTarget.target_id.desc())
        .limit(limit + 1)
    ).all()
    cursor = encode_cursor(rows[limit - 1].target_id) if len(rows) > limit else None
    return Page([view_of(Skipped, row) for row in rows[:limit]], cursor)


def some_targets(session: Session, job: BulkJobView, *, limit: int) -> Sequence[NamedTarget]:
    """Return the targets of a job with the highest ids, each with a name for people."""
    ids = session.scalars(
        select(BulkTarget.target_id)
        .where(BulkTarget.job_id == job.id)
        .order_by(BulkTarget.target_id.desc())
        .limit(limit)
    ).all()
    model, name = _NAMES[Subject(job.subject)]
    rows = session.execute(select(model.id, name.label("name")).where(model.id.in_(ids)))
    names = {row.id: row.name for row in rows}
    return [NamedTarget(target_id=each, name=names.get(each)) for each in ids]


def bulk_job_of(session: Session, job: BulkJob) -> BulkJobView:
    """Return the view of a row."""
    undone_by = session.scalar(select(BulkJob.id).where(BulkJob.undoes == job.id))
    waiting = job.total - job.done - job.skipped
    return view_of(BulkJobView, job, cap=CAP, waiting=waiting, undone_by=undone_by)
