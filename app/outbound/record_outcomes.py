"""Write the outcomes of attempts, in the caller's transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.core.encryption import Vault
from app.outbound.channel import CHANNEL, note_outcomes
from app.outbound.decisions import Again, Earlier, GiveUp, OutboundRules, outcome_of
from app.outbound.models import (
    AttemptOutcome,
    OutboundAttempt,
    OutboundChannel,
    OutboundJob,
    OutboundStatus,
)
from app.outbound.outcomes import Failed, NotCalled, Outcome, Sent
from app.outbound.turns import release
from app.outbox.events import OutboundFailedMaxAttempts
from app.outbox.record import record_event

MAX_CODE = 2**31 - 1
"""The largest code that is stored. Those of the provider have six digits."""

_LOCK_JOBS = text("SELECT FROM cc_outbound_jobs WHERE id = ANY(:ids) ORDER BY id FOR UPDATE")

_FINISH_SENT = text(
    """
    WITH finished AS (
        UPDATE cc_outbound_attempts AS attempt
        SET outcome = 'sent', message_fingerprint = answer.fingerprint, finished_at = now()
        FROM unnest(CAST(:attempts AS bigint[]), CAST(:messages AS text[]))
            AS answer (id, fingerprint)
        WHERE attempt.id = answer.id AND attempt.outcome IS NULL
        RETURNING attempt.job_id, attempt.message_fingerprint
    )
    UPDATE cc_outbound_jobs AS job
    SET status = CASE WHEN status IN ('delivered', 'read') THEN status ELSE 'sent' END,
        message_fingerprint = CASE WHEN status IN ('delivered', 'read')
            THEN job.message_fingerprint ELSE finished.message_fingerprint END,
        sent_at = coalesce(sent_at, now()),
        next_attempt_at = NULL, failed_at = NULL, claimed_at = NULL,
        last_error = NULL, last_error_code = NULL, updated_at = now()
    FROM finished WHERE job.id = finished.job_id
    """
)
_GIVE_BACK = text(
    """
    WITH unmade AS (
        DELETE FROM cc_outbound_attempts WHERE id = ANY(:attempts) AND outcome IS NULL
        RETURNING job_id
    )
    UPDATE cc_outbound_jobs AS job
    SET attempts = greatest(attempts - 1, 0), claimed_at = NULL, updated_at = now(),
        next_attempt_at = CASE WHEN next_attempt_at IS NOT NULL THEN now() END
    FROM unmade WHERE job.id = unmade.job_id
    """
)


class AttemptRef(NamedTuple):
    """The ids of an attempt and its job."""

    job_id: int
    attempt_id: int


@dataclass(frozen=True, slots=True)
class Settled:
    """The outcome of an attempt. `is_probe`: it probed a provider that was away."""

    attempt: AttemptRef
    outcome: Outcome
    is_probe: bool = False


def record_outcomes(
    session: Session, settled: Sequence[Settled], rules: OutboundRules, vault: Vault
) -> list[OutboundStatus]:
    """Write the outcomes of a batch and their effects; return the statuses of the jobs in order.

    If a delivery status arrived before the provider's answer, the delivery status counts.
    """
    ids = [one.attempt.job_id for one in settled]
    session.execute(_LOCK_JOBS, {"ids": ids})
    _finish_all_sent(session, settled, vault)
    _give_back(session, [one.attempt for one in settled if isinstance(one.outcome, NotCalled)])
    for one in settled:
        if not isinstance(one.outcome, Sent | NotCalled):
            _settle_failure(session, one.attempt, one.outcome, rules)
    session.flush()
    note_outcomes(session, [(one.outcome, one.is_probe) for one in settled], rules.circuit)
    found = select(OutboundJob.id, OutboundJob.status).where(OutboundJob.id.in_(ids))
    statuses = {job_id: OutboundStatus(status) for job_id, status in session.execute(found)}
    release(session, [job_id for job_id in ids if statuses[job_id] != OutboundStatus.QUEUED])
    return [statuses[job_id] for job_id in ids]


def finish_sent(
    session: Session,
    job: OutboundJob,
    attempt: OutboundAttempt,
    message_fingerprint: str,
    status: OutboundStatus,
) -> None:
    """Write that an attempt was sent, with the job in `status`.

    An attempt without an answer was not counted; it is counted now.
    """
    job.attempts += int(attempt.outcome == AttemptOutcome.UNKNOWN)
    if attempt.outcome != AttemptOutcome.SENT:
        attempt.outcome = AttemptOutcome.SENT
        attempt.message_fingerprint = message_fingerprint
        attempt.finished_at = func.now()
    job.message_fingerprint = message_fingerprint
    job.sent_at = func.coalesce(OutboundJob.sent_at, func.now())
    job.status = status
    if status == OutboundStatus.DELIVERED:
        job.delivered_at = func.now()
    if status == OutboundStatus.READ:
        job.read_at = func.now()
    job.next_attempt_at = job.failed_at = job.claimed_at = job.waits_for = None
    job.last_error = job.last_error_code = None
    session.flush()


def fail_attempt(
    session: Session,
    job: OutboundJob,
    attempt: OutboundAttempt,
    failure: Failed,
    rules: OutboundRules,
) -> None:
    """Write that an attempt failed. The job waits for the next attempt, or fails after the last."""
    earlier = _earlier(session, job)
    _finish_failed(attempt, failure)
    session.flush()
    if not _is_current(session, job, attempt):
        return
    match rules.after_failure(failure, attempts=job.attempts, earlier=earlier):
        case Again(wait=wait, given_back=given_back):
            job.status = OutboundStatus.QUEUED
            job.sent_at = job.claimed_at = job.waits_for = None
            job.attempts -= int(given_back)
            job.next_attempt_at = func.now() + timedelta(seconds=wait)
            _keep_error(job, failure)
        case GiveUp():
            give_up(session, job, failure)
    session.flush()


def give_up(session: Session, job: OutboundJob, failure: Failed) -> None:
    """Mark a job as failed after its last attempt, and record the event."""
    job.status = OutboundStatus.FAILED
    job.failed_at = func.now()
    job.next_attempt_at = job.sent_at = job.claimed_at = job.waits_for = None
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


def _finish_all_sent(session: Session, settled: Sequence[Settled], vault: Vault) -> None:
    sent = [
        (one.attempt.attempt_id, vault.fingerprint("message", one.outcome.provider_message_id))
        for one in settled
        if isinstance(one.outcome, Sent)
    ]
    if sent:
        attempts, messages = map(list, zip(*sent, strict=True))
        session.execute(_FINISH_SENT, {"attempts": attempts, "messages": messages})


def _give_back(session: Session, attempts: Sequence[AttemptRef]) -> None:
    """Delete attempts whose call was not made. Their jobs are due at once."""
    if attempts:
        session.execute(_GIVE_BACK, {"attempts": [each.attempt_id for each in attempts]})


def _settle_failure(
    session: Session, ref: AttemptRef, failure: Failed, rules: OutboundRules
) -> None:
    job = session.get_one(OutboundJob, ref.job_id)
    attempt = session.get_one(OutboundAttempt, ref.attempt_id)
    if attempt.outcome is None:
        fail_attempt(session, job, attempt, failure, rules)


def _finish_failed(attempt: OutboundAttempt, failure: Failed) -> None:
    attempt.outcome = outcome_of(failure)
    attempt.error = failure.reason
    attempt.error_code = _code_of(failure)
    attempt.finished_at = func.now()


def _keep_error(job: OutboundJob, failure: Failed) -> None:
    job.last_error = failure.reason
    job.last_error_code = _code_of(failure)


def _code_of(failure: Failed) -> int | None:
    """Return the provider's code; None if it has none, or one that no column can hold."""
    code = getattr(failure, "code", None)
    return code if code is not None and abs(code) <= MAX_CODE else None


def _earlier(session: Session, job: OutboundJob) -> Earlier:
    """Count throttles and faults in the present budget, by the index on the attempts of the job."""
    answered_at = select(OutboundChannel.answered_at).where(OutboundChannel.name == CHANNEL)
    is_fault = OutboundAttempt.outcome.in_([AttemptOutcome.AWAY, AttemptOutcome.UNKNOWN])
    is_throttle = OutboundAttempt.outcome == AttemptOutcome.THROTTLED
    has_answered = OutboundAttempt.finished_at < answered_at.scalar_subquery()
    throttles, faults = session.execute(
        select(func.count().filter(is_throttle), func.count().filter(is_fault, has_answered)).where(
            OutboundAttempt.job_id == job.id, OutboundAttempt.budget == job.budget
        )
    ).one()
    return Earlier(throttles=throttles, faults=faults)


def _is_current(session: Session, job: OutboundJob, attempt: OutboundAttempt) -> bool:
    """Tell whether this is the newest attempt, and no delivery is confirmed."""
    newest = session.scalar(
        select(func.max(OutboundAttempt.id)).where(OutboundAttempt.job_id == job.id)
    )
    undecided = job.status in {OutboundStatus.QUEUED, OutboundStatus.SENT}
    return undecided and attempt.id == newest and attempt.budget == job.budget
