"""Read the runs of periodic jobs."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from app.core.views import view_of
from app.periodic.models import JobRun


@dataclass(frozen=True, slots=True, kw_only=True)
class RunView:
    """One run of a periodic job for pages. `error` is set if it failed."""

    job: str
    slot: str
    outcome: str | None
    error: str | None
    started_at: datetime
    finished_at: datetime | None


def last_runs(session: Session) -> dict[str, RunView]:
    """Return the last run of each periodic job by job name. Jobs that never ran are left out."""
    per_job = distinct_on(JobRun.job)
    newest = select(JobRun).ext(per_job).order_by(JobRun.job, JobRun.id.desc())
    return {
        run.job: view_of(RunView, run, error=(run.detail or {}).get("error"))
        for run in session.scalars(newest)
    }
