"""Write down how a try ended. Each function works in the caller's transaction."""

from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.outbound.decisions import Again, GiveUp, Rules, outcome_of
from app.outbound.models import AttemptOutcome, OutboundAttempt, OutboundJob, OutboundStatus
from app.outbound.outcomes import Failed, Outcome, Sent
from app.outbox.events import OutboundFailedMaxAttempts
from app.outbox.record import record_event


def settle(
    session: Session, *, job_id: int, attempt_id: int, outcome: Outcome, rules: Rules
) -> OutboundStatus:
    """Write the outcome of a try and what follows from it; return the job's status then.

    A delivery status that was faster than the provider's own answer has the last word.
    """
    job = session.get_one(OutboundJob, job_id, with_for_update=True)
    attempt = session.get_one(OutboundAttempt, attempt_id)
    if attempt.outcome is None:
        match outcome:
            case Sent(provider_message_id=message_id):
                finish_sent(session, job, attempt, message_id, OutboundStatus.SENT)
            case _:
                fail_try(session, job, attempt, outcome, rules)
    return OutboundStatus(job.status)


def finish_sent(
    session: Session,
    job: OutboundJob,
    attempt: OutboundAttempt,
    message_id: str,
    status: OutboundStatus,
) -> None:
    """Write that a try got through, at least as far as `status`."""
    if attempt.outcome != AttemptOutcome.SENT:
        attempt.outcome = AttemptOutcome.SENT
        attempt.provider_message_id = message_id
        attempt.finished_at = func.clock_timestamp()
    job.provider_message_id = message_id
    job.sent_at = func.coalesce(OutboundJob.sent_at, func.clock_timestamp())
    job.status = status
    job.next_attempt_at = job.failed_at = None
    job.last_error = job.last_error_code = None
    session.flush()


def fail_try(
    session: Session, job: OutboundJob, attempt: OutboundAttempt, failure: Failed, rules: Rules
) -> None:
    """Write that a try failed; its job waits for the next one, or fails with its last."""
    throttles = _count_throttles(session, job)
    _finish_failed(attempt, failure)
    session.flush()
    if not _is_current(session, job, attempt):
        return
    following = rules.after_failure(failure, tries=job.attempts, throttles=throttles)
    match following:
        case Again(wait=wait, given_back=given_back, hold=hold):
            job.status = OutboundStatus.QUEUED
            job.sent_at = None
            job.attempts -= int(given_back)
            job.next_attempt_at = func.clock_timestamp() + timedelta(seconds=wait)
            _keep_error(job, failure)
            if hold is not None:
                attempt.hold_until = func.clock_timestamp() + timedelta(seconds=hold)
        case GiveUp():
            give_up(session, job, failure)
    session.flush()


def give_up(session: Session, job: OutboundJob, failure: Failed) -> None:
    """Fail a job whose budget is spent, and record the event that says so, together."""
    job.status = OutboundStatus.FAILED
    job.failed_at = func.clock_timestamp()
    job.next_attempt_at = job.sent_at = None
    _keep_error(job, failure)
    record_event(
        session,
        OutboundFailedMaxAttempts(
            job_id=job.id,
            masked_phone=job.recipient_masked,
            attempts=job.attempts,
            reason=failure.reason,
            provider_code=_code_of(failure),
            budget=job.budget,
        ),
    )


def _finish_failed(attempt: OutboundAttempt, failure: Failed) -> None:
    attempt.outcome = outcome_of(failure)
    attempt.error = failure.reason
    attempt.error_code = _code_of(failure)
    attempt.finished_at = func.clock_timestamp()


def _keep_error(job: OutboundJob, failure: Failed) -> None:
    job.last_error = failure.reason
    job.last_error_code = _code_of(failure)


def _code_of(failure: Failed) -> int | None:
    return getattr(failure, "code", None)


def _count_throttles(session: Session, job: OutboundJob) -> int:
    return session.scalars(
        select(func.count()).where(
            OutboundAttempt.job_id == job.id,
            OutboundAttempt.budget == job.budget,
            OutboundAttempt.outcome == AttemptOutcome.THROTTLED,
        )
    ).one()


def _is_current(session: Session, job: OutboundJob, attempt: OutboundAttempt) -> bool:
    """Tell whether the job still hangs on this try, and not on a later one or a proof."""
    newest = session.scalar(
        select(func.max(OutboundAttempt.id)).where(OutboundAttempt.job_id == job.id)
    )
    undecided = job.status in {OutboundStatus.QUEUED, OutboundStatus.SENT}
    return undecided and attempt.id == newest and attempt.budget == job.budget
