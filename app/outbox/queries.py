"""Read the outbox: pages of events, one with its tries, counts for the health strip."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, func, literal, or_, select
from sqlalchemy.orm import Session

from app.core.errors import NotFound
from app.core.paging import DEFAULT_LIMIT, Page, contains_text, decode_cursor, read_page
from app.core.views import HistoryEntry, view_of
from app.outbox.models import (
    AutomationEvent,
    AutomationEventAttempt,
    AutomationEventHistory,
    EventStatus,
)

COUNT_CAP = 10_000
"""A count that equals this means: that many, or more."""

_REFERENCE = re.compile(r"\w+:\S+")


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFilter:
    """Which events a list holds; None leaves a part open.

    `item_id` finds the events that were folded into an item, or whose death it announces.
    A `q` like `case:42` or `fraud_case_created:42` is a subject or dedupe key, found
    however old; any other is looked for in the errors.
    """

    status: EventStatus | None = None
    event_type: str | None = None
    dead: bool | None = None
    item_id: int | None = None
    q: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventView:
    """An event as people and scripts see it. Its payload was redacted when written."""

    id: int
    event_type: str
    status: str
    dedupe_key: str
    subject_ref: str
    payload: dict[str, Any]
    attempts: int
    budget: int
    next_attempt_at: datetime | None
    last_error: str | None
    error_fingerprint: str | None
    sent_at: datetime | None
    dead_at: datetime | None
    item_id: int | None
    created_at: datetime
    updated_at: datetime
    can_retry: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One failed try of an event."""

    budget: int
    attempt: int
    error: str
    worker: str
    at: datetime


@dataclass(frozen=True, slots=True)
class EventWithHistory:
    """An event, its failed tries and what people did to it, oldest first."""

    event: EventView
    attempts: Sequence[Attempt]
    history: Sequence[HistoryEntry]


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxCounts:
    """How the outbox stands; counts go up to COUNT_CAP, the age is in seconds."""

    due: int
    retrying: int
    dead: int
    oldest_due_seconds: float | None


def list_events(
    session: Session, wanted: EventFilter, *, cursor: str | None = None, limit: int = DEFAULT_LIMIT
) -> Page[EventView]:
    """Return a page of events, newest first. Raises InvalidInput on a foreign cursor."""
    newest = (
        select(AutomationEvent.id)
        .where(AutomationEvent.id < decode_cursor(cursor), *_conditions(wanted))
        .order_by(AutomationEvent.id.desc())
    )
    words = None if _is_reference(wanted.q) else wanted.q
    return read_page(
        session,
        AutomationEvent,
        newest.limit,
        limit=limit,
        found=contains_text(words, AutomationEvent.last_error, AutomationEvent.dedupe_key),
    ).map(event_of)


def show_event(session: Session, event_id: int) -> EventWithHistory:
    """Return an event with its tries and its history. Raises NotFound."""
    event = session.get(AutomationEvent, event_id)
    if event is None:
        raise NotFound(f"There is no event {event_id}.")
    tried, acted = AutomationEventAttempt, AutomationEventHistory
    tries = session.scalars(select(tried).where(tried.event_id == event_id).order_by(tried.id))
    rows = session.scalars(select(acted).where(acted.event_id == event_id).order_by(acted.id))
    return EventWithHistory(
        event_of(event),
        [view_of(Attempt, each) for each in tries],
        [view_of(HistoryEntry, row) for row in rows],
    )


def count_outbox(session: Session) -> OutboxCounts:
    """Return how the outbox stands; costs no more with ten million sent events behind it."""
    is_due = AutomationEvent.next_attempt_at <= func.now()
    is_failed = AutomationEvent.status == EventStatus.FAILED
    age = func.extract("epoch", func.now() - func.min(AutomationEvent.next_attempt_at))
    row = session.execute(
        select(
            _count(is_due).label("due"),
            _count(is_failed, AutomationEvent.next_attempt_at.is_not(None)).label("retrying"),
            _count(is_failed, AutomationEvent.dead_at.is_not(None)).label("dead"),
            select(age).where(is_due).scalar_subquery().label("oldest_due_seconds"),
        )
    ).one()
    oldest = row.oldest_due_seconds
    return OutboxCounts(
        due=row.due,
        retrying=row.retrying,
        dead=row.dead,
        oldest_due_seconds=float(oldest) if oldest is not None else None,
    )


def event_of(row: AutomationEvent) -> EventView:
    """Return the view of a row."""
    return view_of(EventView, row, can_retry=row.status == EventStatus.FAILED)


def _conditions(wanted: EventFilter) -> Iterator[ColumnElement[bool]]:
    """Yield what an index answers; a pending or failed event is in a partial one."""
    if wanted.status:
        yield AutomationEvent.status == wanted.status
    if wanted.status is EventStatus.PENDING:
        yield AutomationEvent.next_attempt_at.is_not(None)
    if wanted.event_type:
        yield AutomationEvent.event_type == wanted.event_type
    if wanted.item_id:
        yield AutomationEvent.item_id == wanted.item_id
    if wanted.dead is not None:
        yield (
            AutomationEvent.dead_at.is_not(None)
            if wanted.dead
            else AutomationEvent.dead_at.is_(None)
        )
    if wanted.dead:
        yield AutomationEvent.status == EventStatus.FAILED
    if _is_reference(wanted.q):
        yield or_(AutomationEvent.subject_ref == wanted.q, AutomationEvent.dedupe_key == wanted.q)


def _is_reference(q: str | None) -> bool:
    return q is not None and _REFERENCE.fullmatch(q) is not None


def _count(*conditions: ColumnElement[bool]) -> ScalarSelect[int]:
    capped = select(literal(1)).where(*conditions).limit(COUNT_CAP).subquery()
    return select(func.count()).select_from(capped).scalar_subquery()
