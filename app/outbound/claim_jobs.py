"""Claim due jobs in a batch: count their attempts and compose them, before anything is sent.

A claimed job is leased: its next attempt is later than any attempt can last. If a worker dies,
its attempts stay counted and its jobs become due again. Codes are claimed first. Texts of one
customer are claimed one at a time, in the order of their creation (`app.outbound.turns`). A job
that a crash interrupted is claimed alone, so that a message that kills its worker affects no
other message.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Any

import structlog
from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from app.core.encryption import Vault
from app.customers.identify import address_of
from app.customers.identity import Identity
from app.outbound.channel import read_gate, release_probe, reserve_slots, take_probe
from app.outbound.decisions import LEASE_SECONDS, OutboundRules
from app.outbound.messages import Message, load
from app.outbound.models import OutboundJob, OutboundKind, OutboundStatus
from app.outbound.outcomes import Refused
from app.outbound.reasons import CRASHED
from app.outbound.record_outcomes import give_up
from app.outbound.turns import in_turn, release
from app.outbox.events import OutboundComposeFailed
from app.outbox.record import record_event

log = structlog.get_logger(__name__)

PROBE_SECONDS = 30.0
"""Seconds after which an unfinished probe counts as lost, so that another may start."""

_DUE = """
SELECT id, kind, subject_ref, text_encrypted, attempts, budget,
    (SELECT number_encrypted FROM cc_customers WHERE id = customer_id) AS number_encrypted,
    (SELECT user_id_encrypted FROM cc_customers WHERE id = customer_id) AS user_id_encrypted
FROM cc_outbound_jobs
WHERE next_attempt_at <= now() AND {condition}
ORDER BY next_attempt_at, id
LIMIT :limit
FOR UPDATE SKIP LOCKED
"""
_CUT_OFF = text(_DUE.format(condition="claimed_at IS NOT NULL"))
_CODES = text(_DUE.format(condition="kind = 'otp' AND claimed_at IS NULL"))
_OTHERS = text(_DUE.format(condition="kind <> 'otp' AND claimed_at IS NULL"))

_COUNT_ATTEMPTS = text(
    """
    WITH leased AS (
        UPDATE cc_outbound_jobs
        SET attempts = attempts + 1, claimed_at = now(), updated_at = now(), waits_for = NULL,
            next_attempt_at = now() + :lease * interval '1 second'
        WHERE id = ANY(:ids)
        RETURNING id, budget, attempts
    )
    INSERT INTO cc_outbound_attempts (job_id, budget, attempt, started_at)
    SELECT id, budget, attempts, now() FROM leased
    RETURNING job_id, id
    """
)
_POSTPONE = text(
    """
    UPDATE cc_outbound_jobs
    SET next_attempt_at = now() + :wait * interval '1 second', last_error = :reason,
        last_error_code = NULL, claimed_at = NULL, waits_for = NULL
    WHERE id = :id
    """
)
_WITHDRAW = text(
    """
    UPDATE cc_outbound_jobs
    SET status = 'cancelled', next_attempt_at = NULL, claimed_at = NULL, waits_for = NULL
    WHERE id = :id
    """
)


@dataclass(frozen=True, slots=True)
class JobToCompose:
    """The input of a composer, which creates the text of a job when the job is sent."""

    id: int
    subject_ref: str | None


Composer = Callable[[Session, JobToCompose], Message | None]
"""Creates the message of a job, in the transaction of the claim; None cancels the job."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """An attempt that is counted and must be made now."""

    job_id: int
    attempt_id: int
    recipient: Identity
    message: Message = field(repr=False)
    is_probe: bool = False

    @property
    def tracker(self) -> str:
        """A value that the provider returns with each delivery status of the message."""
        return f"{self.job_id}:{self.attempt_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """The result of a claim: attempts to make, and statuses of jobs without an attempt.

    The first message may be sent after `wait` seconds, each later one `interval` seconds after
    the previous one. If the provider is away nothing is claimed, and `held` is the wait in
    seconds. If `is_ahead`, nothing is claimed, because slots are reserved for `wait` seconds.
    `put_off` counts messages that wait for an earlier message of their customer.
    """

    claimed: Sequence[Claimed] = ()
    disposed: Sequence[OutboundStatus] = ()
    wait: float = 0.0
    interval: float = 0.0
    held: float | None = None
    is_ahead: bool = False
    put_off: int = 0

    @property
    def is_empty(self) -> bool:
        """Whether nothing was due."""
        return not (self.claimed or self.disposed or self.is_ahead or self.put_off)


@dataclass(frozen=True, slots=True)
class Composers:
    """The vault, and a composer for each kind of job without a stored text."""

    vault: Vault
    composers: Mapping[OutboundKind, Composer]


@dataclass(frozen=True, slots=True)
class _Composed:
    job_id: int
    recipient: Identity
    message: Message


def claim_jobs(  # noqa: PLR0913 - the last three are options
    session: Session,
    rules: OutboundRules,
    composers: Composers,
    *,
    limit: int = 1,
    ahead: float = inf,
    cut_off: bool = False,
) -> Batch:
    """Claim up to `limit` due jobs, codes first, and reserve their send slots.

    Claims nothing while all workers together have reserved more than `ahead` seconds. With
    `cut_off`, claims one job whose last attempt was interrupted by a crash.
    """
    gate = read_gate(session)
    if gate.wait > 0:
        return Batch(held=gate.wait)
    if gate.lead > ahead:
        return Batch(wait=gate.lead, is_ahead=True)
    limit = 1 if gate.is_open_circuit or cut_off else limit
    due = _due(session, _CUT_OFF, limit) if cut_off else _select(session, limit)
    jobs = in_turn(session, due) if due else []
    if not jobs:
        return Batch(put_off=len(due))
    if gate.is_open_circuit and not take_probe(session, seconds=PROBE_SECONDS):
        return Batch(held=1.0)
    composed, disposed = _compose_all(session, jobs, rules, composers)
    if gate.is_open_circuit and not composed:
        release_probe(session)
    return _start(session, composed, disposed, rules, is_probe=gate.is_open_circuit)


def _select(session: Session, limit: int) -> list[Row[Any]]:
    codes = _due(session, _CODES, limit)
    room = limit - len(codes)
    return codes + (_due(session, _OTHERS, room) if room else [])


def _due(session: Session, query: Any, limit: int) -> list[Row[Any]]:
    return list(session.execute(query, {"limit": limit}).all())


def _compose_all(
    session: Session, jobs: Sequence[Row[Any]], rules: OutboundRules, composers: Composers
) -> tuple[list[_Composed], list[OutboundStatus]]:
    composed: list[_Composed] = []
    disposed: list[OutboundStatus] = []
    for job in jobs:
        result = _compose_one(session, job, rules, composers)
        if isinstance(result, _Composed):
            composed.append(result)
        else:
            disposed.append(result)
            release(session, [job.id])
    return composed, disposed


def _compose_one(
    session: Session, job: Row[Any], rules: OutboundRules, composers: Composers
) -> _Composed | OutboundStatus:
    """Compose one message. An error of its composer affects only this job."""
    if rules.is_spent(job.attempts):
        give_up(session, session.get_one(OutboundJob, job.id), Refused(CRASHED))
        return OutboundStatus.FAILED
    try:
        with session.begin_nested():
            message = _compose(session, job, composers)
            recipient = address_of(
                job.number_encrypted, job.user_id_encrypted, vault=composers.vault
            )
    except Exception as error:  # boundary: an error of a composer must not stop the other jobs
        log.exception("outbound_compose_failed", job_id=job.id)
        _postpone(session, job.id, type(error).__name__, rules)
        return OutboundStatus.QUEUED
    if message is None:
        session.execute(_WITHDRAW, {"id": job.id})
        return OutboundStatus.CANCELLED
    return _Composed(job.id, recipient, message)


def _compose(session: Session, job: Row[Any], composers: Composers) -> Message | None:
    kind = OutboundKind(job.kind)
    if job.text_encrypted is not None:
        return load(kind, composers.vault.decrypt(job.text_encrypted))
    return composers.composers[kind](session, JobToCompose(job.id, job.subject_ref))


def _postpone(session: Session, job_id: int, error: str, rules: OutboundRules) -> None:
    """Postpone a message that could not be composed. This costs no attempt."""
    reason = f"The message could not be composed ({error})."
    values = {"id": job_id, "wait": rules.wait_after_our_fault(), "reason": reason}
    session.execute(_POSTPONE, values)
    now = session.scalars(text("SELECT date_trunc('hour', now())")).one()
    record_event(session, OutboundComposeFailed(error=error, hour=now.isoformat()))


def _start(
    session: Session,
    composed: Sequence[_Composed],
    disposed: Sequence[OutboundStatus],
    rules: OutboundRules,
    *,
    is_probe: bool,
) -> Batch:
    if not composed:
        return Batch(disposed=disposed)
    values = {"ids": [one.job_id for one in composed], "lease": LEASE_SECONDS}
    counted = session.execute(_COUNT_ATTEMPTS, values)
    attempts = {row.job_id: row.id for row in counted}
    claimed = [
        Claimed(one.job_id, attempts[one.job_id], one.recipient, one.message, is_probe)
        for one in composed
    ]
    wait = reserve_slots(session, len(claimed), per_second=rules.per_second)
    return Batch(claimed=claimed, disposed=disposed, wait=wait, interval=1 / rules.per_second)
