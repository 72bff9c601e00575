"""Claim one due job: count its try, compose its message, and commit before anything is sent.

A claimed job is leased: its next attempt is put beyond the time that a try can take. A
worker that dies leaves a counted try behind, and the job comes due again by itself.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

import structlog
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.core.encryption import Vault
from app.outbound.decisions import Rules
from app.outbound.messages import Message, load
from app.outbound.models import OutboundAttempt, OutboundJob, OutboundKind, OutboundStatus
from app.outbound.outcomes import Refused
from app.outbound.reasons import CRASHED
from app.outbound.settle import fail_try, give_up

log = structlog.get_logger(__name__)

LEASE = timedelta(seconds=60)
PACE_LOCK = 0x6F7574626F756E64
"""The advisory lock ("outbound" in ASCII) under which workers agree on their pace."""


@dataclass(frozen=True, slots=True)
class JobToCompose:
    """What a composer is told of a job whose text is made at the moment of sending."""

    id: int
    subject_ref: str | None


Composer = Callable[[Session, JobToCompose], Message | None]
"""Makes the message of a job, in the transaction that counts the try; None withdraws the job."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A try that is counted and committed: send this, now."""

    job_id: int
    attempt_id: int
    recipient: str = field(repr=False)
    message: Message = field(repr=False)

    @property
    def tracker(self) -> str:
        """What travels with the message and comes back with its delivery statuses."""
        return f"{self.job_id}:{self.attempt_id}"


@dataclass(frozen=True, slots=True)
class Disposed:
    """A due job that needs no sending: spent, withdrawn, or impossible to compose."""

    status: OutboundStatus


@dataclass(frozen=True, slots=True)
class Wait:
    """Nobody may send for so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Idle:
    """Nothing is due."""


Claim = Claimed | Disposed | Wait | Idle


@dataclass(frozen=True, slots=True)
class Desk:
    """What turns a job into a message: the vault, and a composer per kind that needs one."""

    vault: Vault
    composers: Mapping[OutboundKind, Composer]


def claim(session: Session, rules: Rules, desk: Desk) -> Claim:
    """Claim the job that is due longest, within the pace that all workers share."""
    session.execute(select(func.pg_advisory_xact_lock(PACE_LOCK)))
    seconds = _pause(session, rules.per_second)
    if seconds > 0:
        return Wait(seconds)
    job = session.scalar(
        select(OutboundJob)
        .where(OutboundJob.next_attempt_at <= func.clock_timestamp())
        .order_by(OutboundJob.next_attempt_at, OutboundJob.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    if job is None:
        return Idle()
    if rules.is_spent(job.attempts):
        give_up(session, job, Refused(CRASHED))
        return Disposed(OutboundStatus.FAILED)
    return _start(session, job, rules, desk)


def _pause(session: Session, per_second: int) -> float:
    """Return the seconds until the next try may start: a hold of the provider, or our own pace."""
    seconds = session.scalar(
        text(
            """
            SELECT greatest(
                (SELECT max(hold_until) FROM cc_outbound_attempts
                  WHERE hold_until > clock_timestamp()),
                (SELECT started_at + interval '1 second' FROM cc_outbound_attempts
                  WHERE started_at > clock_timestamp() - interval '1 second'
                  ORDER BY started_at DESC OFFSET :per_second - 1 LIMIT 1)
            ) - clock_timestamp()
            """
        ),
        {"per_second": per_second},
    )
    return seconds.total_seconds() if seconds is not None else 0.0


def _start(session: Session, job: OutboundJob, rules: Rules, desk: Desk) -> Claim:
    attempt = _count_try(session, job)
    try:
        with session.begin_nested():
            message = _compose(session, job, desk)
            recipient = desk.vault.decrypt(job.recipient_encrypted)
    except Exception as error:
        log.exception("outbound_compose_failed", job_id=job.id)
        reason = f"The message could not be put together ({type(error).__name__})."
        fail_try(session, job, attempt, Refused(reason), rules)
        return Disposed(OutboundStatus(job.status))
    if message is None:
        _withdraw(session, job, attempt)
        return Disposed(OutboundStatus.CANCELLED)
    return Claimed(job.id, attempt.id, recipient, message)


def _count_try(session: Session, job: OutboundJob) -> OutboundAttempt:
    job.attempts += 1
    job.next_attempt_at = func.clock_timestamp() + LEASE
    attempt = OutboundAttempt(
        job_id=job.id, budget=job.budget, attempt=job.attempts, started_at=func.clock_timestamp()
    )
    session.add(attempt)
    session.flush()
    return attempt


def _compose(session: Session, job: OutboundJob, desk: Desk) -> Message | None:
    kind = OutboundKind(job.kind)
    if job.text_encrypted is not None:
        return load(kind, desk.vault.decrypt(job.text_encrypted))
    return desk.composers[kind](session, JobToCompose(job.id, job.subject_ref))


def _withdraw(session: Session, job: OutboundJob, attempt: OutboundAttempt) -> None:
    """Cancel a job whose purpose is gone; the try that found out is not one."""
    session.delete(attempt)
    job.attempts -= 1
    job.status = OutboundStatus.CANCELLED
    job.next_attempt_at = None
