"""Run the started bulk jobs in batches, each in one transaction.

The transaction holds the lock of its job, changes the targets and stores their outcomes. If the
worker is killed, all of that is rolled back, and the next worker repeats the batch. So each
target is changed once. Jobs take turns, batch by batch.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from time import monotonic
from typing import Any

import structlog
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.bulk.act_on_failure import act_on_event, act_on_message
from app.bulk.act_on_item import act_on_item
from app.bulk.bulk_actions import Arguments, FailureAction
from app.bulk.canary import Awaited, Failed, Gone, Passed, judge
from app.bulk.control_job import finish
from app.bulk.models import BulkJob, BulkTarget, JobStatus, Subject, TargetOutcome
from app.core.database import Sessions
from app.core.database_errors import fault_of
from app.core.errors import AutomationError
from app.inbox.models import InboxItem
from app.outbound.models import OutboundJob
from app.outbox.models import AutomationEvent

log = structlog.get_logger(__name__)

BATCH = 50
"""Targets of one transaction. It locks them, so that a person may have to wait for its end."""

RUN_SECONDS = 5.0
"""How long one run takes batches. The next run goes on."""

LOOK_AGAIN_SECONDS = 1.0
"""How soon to check again for a job whose batch is due, but which another worker has."""

CANARY_SECONDS = 0.5
"""How soon to look again at the first retry of a group."""

RETRY_PAUSE_SECONDS = 1.0
"""The pause between batches of retries, so that they don't flood what has just recovered."""

ACTS = {
    Subject.ITEMS: act_on_item,
    Subject.EVENTS: act_on_event,
    Subject.MESSAGES: act_on_message,
}
MODELS = {
    Subject.ITEMS: InboxItem,
    Subject.EVENTS: AutomationEvent,
    Subject.MESSAGES: OutboundJob,
}


@dataclass(frozen=True, slots=True)
class BulkResult:
    """The counts of a run. `due_in` is the number of seconds until the next batch is due."""

    done: int
    skipped: int
    due_in: float | None

    def counts(self) -> dict[str, int]:
        """Return the two counts by name, for Flower."""
        return {"done": self.done, "skipped": self.skipped}


def run_bulk_jobs(
    sessions: Sessions,
    *,
    seconds: float = RUN_SECONDS,
    is_stopping: Callable[[], bool] = lambda: False,
) -> BulkResult:
    """Take due batches until none is due, the time is over, or the worker stops."""
    deadline = monotonic() + seconds
    done = skipped = 0
    while monotonic() < deadline and not is_stopping():
        with sessions.begin() as session:
            job = _claim(session)
            if job is None:
                break
            before = (job.done, job.skipped)
            run_batch(session, job)
            done, skipped = done + job.done - before[0], skipped + job.skipped - before[1]
    with sessions.begin() as session:
        return BulkResult(done, skipped, _due_in(session))


def run_batch(session: Session, job: BulkJob) -> None:
    """Take the next step of a locked job: a batch, a wait for its first retry, or its end."""
    if job.action != FailureAction.RETRY:
        _take(session, job, limit=BATCH)
        _finish_if_complete(job)
        return
    match judge(session, job):
        case Awaited():
            job.next_at = _in(CANARY_SECONDS)
        case Failed(reason):
            job.stop_reason = reason
            finish(job, JobStatus.STOPPED)
        case Gone():
            job.canary_id = _take(session, job, limit=1)
            if job.canary_id is None:
                _finish_if_complete(job)
        case Passed():
            _take(session, job, limit=BATCH)
            job.next_at = _in(RETRY_PAUSE_SECONDS)
            _finish_if_complete(job)


def _take(session: Session, job: BulkJob, *, limit: int) -> int | None:
    """Act on the next targets, and store their outcomes. Return one that was changed, if any."""
    targets = _waiting(session, job.id, limit=limit)
    _lock(session, Subject(job.subject), [target_id for target_id, _ in targets])
    outcomes = [_act(session, job, target) for target in targets]
    if outcomes:
        session.execute(update(BulkTarget), outcomes)
    changed = [each["target_id"] for each in outcomes if each["outcome"] == TargetOutcome.DONE]
    job.done += len(changed)
    job.skipped += len(outcomes) - len(changed)
    job.next_at = func.clock_timestamp()
    return changed[0] if changed else None


def _lock(session: Session, subject: Subject, ids: Sequence[int]) -> None:
    """Lock the rows in the order of their ids, before any row that the actions lock.

    Dispatch locks an event before its item too, so the two can't deadlock.
    """
    model: Any = MODELS[subject]
    rows = select(model.id).where(model.id.in_(ids)).order_by(model.id).with_for_update()
    session.execute(rows)


def _finish_if_complete(job: BulkJob) -> None:
    if job.done + job.skipped == job.total:
        finish(job, JobStatus.DONE)
        log.info("bulk_job_done", bulk_job_id=job.id, done=job.done, skipped=job.skipped)


def _in(seconds: float) -> Any:
    return func.clock_timestamp() + timedelta(seconds=seconds)


def _claim(session: Session) -> BulkJob | None:
    """Lock the job whose batch has been due for longest, unless another worker has it."""
    return session.scalar(
        select(BulkJob)
        .where(BulkJob.next_at <= func.now())
        .order_by(BulkJob.next_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    )


def _waiting(session: Session, job_id: int, *, limit: int) -> Sequence[tuple[int, int | None]]:
    rows = session.execute(
        select(BulkTarget.target_id, BulkTarget.version)
        .where(BulkTarget.job_id == job_id, BulkTarget.outcome.is_(None))
        .order_by(BulkTarget.target_id)
        .limit(limit)
    )
    return [(row.target_id, row.version) for row in rows]


def _act(session: Session, job: BulkJob, target: tuple[int, int | None]) -> dict[str, Any]:
    """Return the outcome of the action on one target. What fails costs the others nothing."""
    target_id, version = target
    result: dict[str, Any] = {"job_id": job.id, "target_id": target_id}
    try:
        with session.begin_nested():
            after = ACTS[Subject(job.subject)](
                session,
                target_id,
                job.action,
                Arguments.from_json(job.arguments),
                actor=job.author,
                version=version,
            )
    except AutomationError as refusal:
        return result | _skipped(str(refusal))
    except Exception as error:  # boundary: an error on one target must not stop the others
        if fault_of(error).may_pass:
            raise
        log.exception("bulk_action_failed", bulk_job_id=job.id, target_id=target_id)
        return result | _skipped(f"An internal error occurred and was logged ({_name(error)}).")
    return result | {"outcome": TargetOutcome.DONE, "reason": None, "version_after": after}


def _skipped(reason: str) -> dict[str, Any]:
    return {"outcome": TargetOutcome.SKIPPED, "reason": reason, "version_after": None}


def _name(error: Exception) -> str:
    return type(error).__name__


def _due_in(session: Session) -> float | None:
    wait = session.scalar(select(func.extract("epoch", func.min(BulkJob.next_at) - func.now())))
    return None if wait is None else max(float(wait), LOOK_AGAIN_SECONDS)
