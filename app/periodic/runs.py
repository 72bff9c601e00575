"""Run each slot of a periodic job once.

The row in `cc_job_runs` decides whether a slot runs; a message from beat only triggers the
check. The transaction that does the work also inserts the row. If the process dies, the row is
rolled back and the slot is free again. If two processes run a slot at the same time, the second
waits for the first and then finds the row. A run that raises keeps its row as `failed`. An event
reports it, and the job continues with the next slot.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

import structlog
from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.core.database import Sessions
from app.core.database_errors import fault_of, is_statement_timeout
from app.core.redaction import redact_text
from app.periodic.jobs import PeriodicJob
from app.periodic.models import Heartbeat, JobRun
from app.periodic.slots import Slot, latest_slots

ERROR_LIMIT = 500
_TOO_SLOW = "a statement exceeded the statement timeout of the database"
_FIRST_START = "checkers-first-start"

log = structlog.get_logger(__name__)


class RunOutcome(StrEnum):
    """How a run ended."""

    DONE = "done"
    FAILED = "failed"


def run_due(sessions: Sessions, job: PeriodicJob, *, now: datetime) -> list[str]:
    """Run the slots of `job` that are owed at `now`; return the names of those run by this call.

    A slot is owed if it is one of the last `catch_up` slots, has no run yet, and became due
    after the first start of this installation. An error of the work is stored and raised.
    """
    with sessions.begin() as session:
        owed = _owed(session, job, now)
    return [slot.name for slot in owed if run_slot(sessions, job, slot)]


def run_slot(sessions: Sessions, job: PeriodicJob, slot: Slot) -> bool:
    """Claim `slot` and do its work in one transaction; False if it was claimed before.

    If the work raises, its changes are rolled back and the run is stored as failed. If the
    database is away or busy, nothing is stored, so that the next call runs the slot. A
    statement timeout is stored as failed, because it would probably occur again.
    """
    try:
        with sessions.begin() as session:
            is_ours = claim_slot(session, job.name, slot.name)
            if is_ours:
                _finish(session, job, slot)
    except Exception as error:  # boundary: any error of a job is stored with its run, then raised
        if is_statement_timeout(error) or not fault_of(error).may_pass:
            _keep_failure(sessions, job, slot, error)
        raise
    if is_ours:
        log.info("periodic_run_done", job=job.name, slot=slot.name)
    return is_ours


def claim_slot(session: Session, job: str, slot: str) -> bool:
    """Claim a slot in the caller's transaction; False if another transaction has claimed it.

    Waits for a concurrent transaction that claims the same slot, and succeeds if that one
    rolls back.
    """
    statement = insert(JobRun).values(job=job, slot=slot).on_conflict_do_nothing()
    return session.scalar(statement.returning(JobRun.id)) is not None


def ensure_first_start(session: Session, now: datetime) -> datetime:
    """Return the first start of this installation; at the first call, store `now` as this time."""
    statement = insert(Heartbeat).values(name=_FIRST_START, at=now).on_conflict_do_nothing()
    session.execute(statement)
    return session.scalars(select(Heartbeat.at).where(Heartbeat.name == _FIRST_START)).one()


def _owed(session: Session, job: PeriodicJob, now: datetime) -> Sequence[Slot]:
    began = ensure_first_start(session, now)
    slots = latest_slots(job.schedule, now, count=job.catch_up)
    names = [slot.name for slot in slots]
    runs = select(JobRun.slot).where(JobRun.job == job.name, JobRun.slot.in_(names))
    claimed = set(session.scalars(runs))
    return [slot for slot in slots if slot.due_at >= began and slot.name not in claimed]


def _finish(session: Session, job: PeriodicJob, slot: Slot) -> None:
    detail = dict(job.work(session, slot))
    session.execute(
        update(JobRun)
        .where(JobRun.job == job.name, JobRun.slot == slot.name)
        .values(outcome=RunOutcome.DONE, detail=detail, finished_at=func.clock_timestamp())
    )


def _keep_failure(sessions: Sessions, job: PeriodicJob, slot: Slot, error: Exception) -> None:
    failure = insert(JobRun).values(
        job=job.name,
        slot=slot.name,
        outcome=RunOutcome.FAILED,
        detail={"error": _describe(error)},
        finished_at=func.clock_timestamp(),
    )
    with sessions.begin() as session:
        session.execute(failure.on_conflict_do_nothing())


def _describe(error: Exception) -> str:
    """Return the redacted class and first line of `error`. Later lines may contain values."""
    if is_statement_timeout(error):
        return _TOO_SLOW
    line = str(error).partition("\n")[0].replace("\x00", "")
    return redact_text(f"{type(error).__name__}: {line}")[:ERROR_LIMIT]
