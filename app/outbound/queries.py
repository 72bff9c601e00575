"""Read outbound jobs: pages of jobs, and one job with its attempts. Texts are not decrypted."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, func, literal_column, select
from sqlalchemy.orm import Session

from app.core.errors import NotFound
from app.core.paging import DEFAULT_LIMIT, Page, decode_cursor, read_page
from app.core.views import HistoryEntry, view_of
from app.outbound.channel import show_channel
from app.outbound.models import (
    OutboundAttempt,
    OutboundHistory,
    OutboundJob,
    OutboundKind,
    OutboundStatus,
)

COUNT_CAP = 10_000
"""The largest count of due jobs. It means this number or more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFilter:
    """The filters of a list; None means any value.

    `last_error` selects the failed jobs with this error, without the discarded ones.
    """

    status: OutboundStatus | None = None
    last_error: str | None = None
    discarded: bool | None = None
    kind: OutboundKind | None = None
    subject_ref: str | None = None
    customer_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboundJobView:
    """An outbound job for pages and the API. `recipient` is masked.

    `waits_for` is the earlier job of the same customer that must end first, if there is one.
    """

    id: int
    kind: str
    status: str
    recipient: str
    customer_id: int
    subject_ref: str | None
    attempts: int
    budget: int
    next_attempt_at: datetime | None
    waits_for: int | None
    last_error: str | None
    last_error_code: int | None
    sent_at: datetime | None
    delivered_at: datetime | None
    read_at: datetime | None
    failed_at: datetime | None
    discarded_at: datetime | None
    discarded_by: str | None
    discard_reason: str | None
    created_at: datetime
    updated_at: datetime

    @property
    def can_retry(self) -> bool:
        """Whether an admin may retry it."""
        return self.status == OutboundStatus.FAILED


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboundAttemptView:
    """One attempt of a job. It has no outcome during the call and after a crash."""

    budget: int
    attempt: int
    outcome: str | None
    error: str | None
    error_code: int | None
    started_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class OutboundJobWithHistory:
    """A job, its attempts and its history, each oldest first."""

    job: OutboundJobView
    attempts: Sequence[OutboundAttemptView]
    history: Sequence[HistoryEntry]


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboundState:
    """The queue and its provider now; `away_since` is set while the provider is away."""

    due: int
    oldest_due_seconds: float
    away_since: datetime | None
    away_reason: str | None


def list_jobs(
    session: Session, wanted: JobFilter, *, cursor: str | None = None, limit: int = DEFAULT_LIMIT
) -> Page[OutboundJobView]:
    """Return a page of jobs, newest first. Raises InvalidInput on a foreign cursor."""
    before = decode_cursor(cursor)
    return read_page(
        session, OutboundJob, lambda limit: _ids(wanted, before=before, limit=limit), limit=limit
    ).map(job_of)


def show_job(session: Session, job_id: int) -> OutboundJobWithHistory:
    """Return a job with its history. Raises NotFound."""
    job = session.get(OutboundJob, job_id)
    if job is None:
        raise NotFound(f"There is no outbound job {job_id}.")
    attempts = session.scalars(
        select(OutboundAttempt).where(OutboundAttempt.job_id == job_id).order_by(OutboundAttempt.id)
    )
    rows = session.scalars(
        select(OutboundHistory).where(OutboundHistory.job_id == job_id).order_by(OutboundHistory.id)
    )
    return OutboundJobWithHistory(
        job_of(job),
        [view_of(OutboundAttemptView, attempt) for attempt in attempts],
        [view_of(HistoryEntry, row) for row in rows],
    )


def outbound_state(session: Session) -> OutboundState:
    """Return the state of the queue and of the provider. The count is capped."""
    is_due = OutboundJob.next_attempt_at <= func.now()
    some = select(OutboundJob.id).where(is_due).limit(COUNT_CAP).subquery()
    due = session.scalars(select(func.count()).select_from(some)).one()
    wait = session.scalar(select(func.min(OutboundJob.next_attempt_at) - func.now()))
    channel = show_channel(session)
    return OutboundState(
        due=due,
        oldest_due_seconds=0.0 if wait is None else max(-wait.total_seconds(), 0.0),
        away_since=channel.away_since,
        away_reason=channel.away_reason if channel.away_since else None,
    )


def job_of(row: OutboundJob) -> OutboundJobView:
    """Return the view of a row."""
    return view_of(OutboundJobView, row, recipient=row.recipient_masked)


def _ids(wanted: JobFilter, *, before: int, limit: int) -> Select[int]:
    parts = (
        (OutboundJob.status, wanted.status),
        (OutboundJob.kind, wanted.kind),
        (OutboundJob.subject_ref, wanted.subject_ref),
        (OutboundJob.customer_id, wanted.customer_id),
    )
    conditions = [column == value for column, value in parts if value is not None]
    conditions += _failures(wanted)
    return (
        select(OutboundJob.id)
        .where(OutboundJob.id < before, *conditions)
        .order_by(OutboundJob.id.desc())
        .limit(limit)
    )


def _failures(wanted: JobFilter) -> Iterator[ColumnElement[bool]]:
    if wanted.last_error is not None:
        yield OutboundJob.status == OutboundStatus.FAILED
        yield func.coalesce(OutboundJob.last_error, literal_column("''")) == wanted.last_error
    is_discarded = OutboundJob.discarded_at.is_not(None)
    if wanted.discarded:
        yield is_discarded
    elif wanted.discarded is False or wanted.last_error is not None:
        yield ~is_discarded
