"""The messages between a customer and us, redacted, with their delivery. A code is never shown."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.encryption import Vault
from app.core.timeline import Place, Rank, Window
from app.fraud.models import InboundMessage
from app.fraud.timeline import said_in
from app.outbound.models import OutboundHistory, OutboundJob, OutboundKind
from app.outbound.timeline import REPLY
from app.outbound.words import words_of_jobs

CODE_SENT = "We sent a code"


class Direction(StrEnum):
    """Who wrote a message."""

    FROM_CUSTOMER = "from_customer"
    TO_CUSTOMER = "to_customer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Correspondence:
    """One message. `text` is redacted; without it, `said` tells what it was.

    `author` is the person who wrote a reply; automatic answers have none. A message to the
    customer has its job, its status and its last error.
    """

    at: datetime
    direction: Direction
    said: str
    text: str | None
    author: str | None
    job_id: int | None
    status: str | None
    error: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrespondencePage:
    """Messages, newest first, and the cursor of the older ones; null means the end."""

    items: Sequence[Correspondence]
    next_cursor: str | None


def read_correspondence(
    session: Session, customer_id: int, *, vault: Vault, cursor: str | None = None
) -> CorrespondencePage:
    """Return the newest messages, or those before `cursor`. Raises InvalidInput."""
    window = Window.read(cursor)
    found = [*_received(session, customer_id, window), *_sent(session, customer_id, window, vault)]
    shown, next_cursor = window.cut(found, lambda pair: pair[0])
    return CorrespondencePage(items=[each for _, each in shown], next_cursor=next_cursor)


def _received(
    session: Session, customer_id: int, window: Window
) -> Iterator[tuple[Place, Correspondence]]:
    message = InboundMessage
    query = select(message).where(message.customer_id == customer_id)
    rows = window.of(query, message.created_at, message.id, Rank.CUSTOMER_WROTE)
    for row in session.scalars(rows):
        yield (
            Place(row.created_at, Rank.CUSTOMER_WROTE, row.id),
            Correspondence(
                at=row.created_at,
                direction=Direction.FROM_CUSTOMER,
                said=said_in(row),
                text=row.text,
                author=None,
                job_id=None,
                status=None,
                error=None,
            ),
        )


def _sent(
    session: Session, customer_id: int, window: Window, vault: Vault
) -> Iterator[tuple[Place, Correspondence]]:
    job = OutboundJob
    query = select(job).where(job.customer_id == customer_id)
    rows = window.of(query, job.created_at, job.id, Rank.MESSAGE_QUEUED)
    jobs = session.scalars(rows).all()
    words, authors = words_of_jobs(jobs, vault), _authors(session, [each.id for each in jobs])
    for row in jobs:
        yield (
            Place(row.created_at, Rank.MESSAGE_QUEUED, row.id),
            Correspondence(
                at=row.created_at,
                direction=Direction.TO_CUSTOMER,
                said=CODE_SENT if row.kind == OutboundKind.OTP else "We wrote",
                text=words.get(row.id),
                author=authors.get(row.id),
                job_id=row.id,
                status=row.status,
                error=row.last_error if row.status in {"queued", "failed"} else None,
            ),
        )


def _authors(session: Session, job_ids: Sequence[int]) -> dict[int, str]:
    act = OutboundHistory
    written = select(act.job_id, act.actor).where(
        act.job_id.in_(job_ids), act.action.in_(["create", REPLY])
    )
    return {row.job_id: row.actor for row in session.execute(written)}
