"""The entries of outbound jobs in a timeline."""

from collections.abc import Iterator, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.encryption import Vault
from app.core.timeline import Entry, Place, Rank, Window
from app.outbound.models import (
    AttemptOutcome,
    OutboundAttempt,
    OutboundHistory,
    OutboundJob,
    OutboundKind,
)
from app.outbound.words import words_of_jobs

MOST = 500
"""How many messages one timeline covers, the newest."""

REPLY = "reply"
"""The action in the history of a message that a person wrote to the customer of a case."""

_ACTS = {
    "create": "wrote",
    REPLY: "replied to the customer with",
    "retry": "retried",
    "discard": "discarded",
}
_OUTCOMES = {
    AttemptOutcome.SENT: "WhatsApp accepted {message}",
    AttemptOutcome.FAILED: "Attempt {attempt} to send {message} failed",
    AttemptOutcome.THROTTLED: "WhatsApp limited our rate: attempt {attempt} to send {message}",
    AttemptOutcome.UNKNOWN: "The outcome of attempt {attempt} to send {message} is unknown",
    AttemptOutcome.AWAY: "WhatsApp was away: attempt {attempt} to send {message}",
}


def messages_about(session: Session, subjects: Sequence[str]) -> list[int]:
    """Return the ids of the messages about one of `subjects`."""
    job = OutboundJob
    query = select(job.id).where(job.subject_ref.in_(subjects))
    return list(session.scalars(query.order_by(job.created_at.desc()).limit(MOST)))


def subject_of_message(session: Session, job_id: int) -> str | None:
    """Return what a message is about."""
    return session.scalar(select(OutboundJob.subject_ref).where(OutboundJob.id == job_id))


def message_entries(
    session: Session,
    job_ids: Sequence[int],
    window: Window,
    *,
    vault: Vault,
    language: str | None = None,
) -> Iterator[Entry]:
    """Yield the entries of messages: queued, each attempt, delivered, read, failed, and acts.

    `language` is that of the customer.
    """
    if not job_ids:
        return
    yield from _queued(session, job_ids, window, vault, language)
    yield from _acts(session, job_ids, window, vault, language)
    yield from _attempts(session, job_ids, window)
    job = OutboundJob
    for rank, at, sentence in (
        (Rank.MESSAGE_DELIVERED, job.delivered_at, "{} was delivered"),
        (Rank.MESSAGE_READ, job.read_at, "The customer has read {}"),
        (Rank.MESSAGE_FAILED, job.failed_at, "{} failed: no attempt is left"),
    ):
        query = select(job.id, job.kind, at.label("at")).where(job.id.in_(job_ids))
        for row in session.execute(window.of(query, at, job.id, rank)):
            text = sentence.format(_named(row.id, row.kind))
            place = Place(row.at, rank, row.id)
            yield Entry.of(place, f"outbound:{row.id}", _capitalised(text))


def _queued(
    session: Session,
    job_ids: Sequence[int],
    window: Window,
    vault: Vault,
    language: str | None,
) -> Iterator[Entry]:
    """Yield that messages were queued, except those that a person wrote: their act says so."""
    job, act = OutboundJob, OutboundHistory
    by_person = select(act.id).where(act.job_id == job.id, act.action.in_(["create", REPLY]))
    query = select(job).where(job.id.in_(job_ids), ~by_person.exists())
    rows = session.scalars(window.of(query, job.created_at, job.id, Rank.MESSAGE_QUEUED)).all()
    words = words_of_jobs(rows, vault)
    for row in rows:
        text = _capitalised(f"{_named(row.id, row.kind)} was queued")
        place = Place(row.created_at, Rank.MESSAGE_QUEUED, row.id)
        detail = words.get(row.id)
        yield Entry.of(place, f"outbound:{row.id}", text, detail=detail, language=language)


def _acts(
    session: Session,
    job_ids: Sequence[int],
    window: Window,
    vault: Vault,
    language: str | None,
) -> Iterator[Entry]:
    act = OutboundHistory
    query = select(act).where(act.job_id.in_(job_ids))
    rows = session.scalars(window.of(query, act.at, act.id, Rank.MESSAGE_ACT)).all()
    written = {row.id: row.job_id for row in rows if row.action in {"create", REPLY}}
    of_written = select(OutboundJob).where(OutboundJob.id.in_(written.values()))
    jobs = session.scalars(of_written).all()
    words = words_of_jobs(jobs, vault)
    for row in rows:
        text = f"{row.actor} {_ACTS.get(row.action, row.action)} message {row.job_id}"
        detail, spoken = words.get(row.job_id), language
        if row.id not in written:
            detail, spoken = row.note, None
        more = {"detail": detail, "language": spoken, "actor": row.actor}
        place = Place(row.at, Rank.MESSAGE_ACT, row.id)
        yield Entry.of(place, f"outbound:{row.job_id}", text, **more)


def _attempts(session: Session, job_ids: Sequence[int], window: Window) -> Iterator[Entry]:
    attempt = OutboundAttempt
    query = (
        select(attempt, OutboundJob.kind)
        .join(OutboundJob, OutboundJob.id == attempt.job_id)
        .where(attempt.job_id.in_(job_ids))
    )
    tried = window.of(query, attempt.finished_at, attempt.id, Rank.MESSAGE_TRIED)
    for row, kind in session.execute(tried):
        sentence = _OUTCOMES[AttemptOutcome(row.outcome or "")]
        text = sentence.format(message=_named(row.job_id, kind), attempt=row.attempt)
        place = Place(row.finished_at or row.started_at, Rank.MESSAGE_TRIED, row.id)
        yield Entry.of(place, f"outbound:{row.job_id}", text, detail=row.error)


def _named(job_id: int, kind: str) -> str:
    """Return what pages call a message. That of a code says so, and never the code."""
    return f"the code (message {job_id})" if kind == OutboundKind.OTP else f"message {job_id}"


def _capitalised(text: str) -> str:
    return text[0].upper() + text[1:]
