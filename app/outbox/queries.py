"""Read the outbox: pages of events, one event with its attempts, and capped counts."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, func, literal, literal_column, or_, select
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
"""The largest count. It means this number or more."""

_REFERENCE = re.compile(r"\w+:\S+")


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFilter:
    """The filters of a list; None means any value.

    `item_id` selects the events that were folded into this item, or that it announces as dead
    letters. `due` selects events that wait for dispatch now, or, if false, for a later attempt.
    `dead` leaves discarded events out. `error_fingerprint` selects the failed events of one error,
    without the discarded ones.
    A `q` like `case:42` or `fraud_case_created:42` is a subject or a dedupe key, and
    an index finds it. Any other `q` is searched in errors and dedupe keys.
    """

    status: EventStatus | None = None
    event_type: str | None = None
    dead: bool | None = None
    due: bool | None = None
    discarded: bool | None = None
    error_fingerprint: str | None = None
    item_id: int | None = None
    q: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventView:
    """An event for pages and the API. Its payload was redacted when it was written."""

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
    discarded_at: datetime | None
    discarded_by: str | None
    discard_reason: str | None
    item_id: int | None
    created_at: datetime
    updated_at: datetime
    can_retry: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One failed attempt of an event."""

    budget: int
    attempt: int
    error: str
    worker: str
    at: datetime


@dataclass(frozen=True, slots=True)
class EventWithHistory:
    """An event, its failed attempts and its history, each oldest first."""

    event: EventView
    attempts: Sequence[Attempt]
    history: Sequence[HistoryEntry]


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxCounts:
    """The state of the outbox. Counts are at most COUNT_CAP."""

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
    """Return an event with its attempts and its history. Raises NotFound."""
    event = session.get(AutomationEvent, event_id)
    if event is None:
        raise NotFound(f"There is no event {event_id}.")
    attempt, entry = AutomationEventAttempt, AutomationEventHistory
    attempts = session.scalars(
        select(attempt).where(attempt.event_id == event_id).order_by(attempt.id)
    )
    entries = session.scalars(select(entry).where(entry.event_id == event_id).order_by(entry.id))
    return EventWithHistory(
        event_of(event),
        [view_of(Attempt, row) for row in attempts],
        [view_of(HistoryEntry, row) for row in entries],
    )


def language_of_event(session: Session, event_id: int | None) -> str | None:
    """Return the language of the customer's words in an event, such as `es`, if it is known."""
    language = AutomationEvent.payload["language"].astext
    return session.scalar(select(language).where(AutomationEvent.id == event_id))


def count_outbox(session: Session) -> OutboxCounts:
    """Return the state of the outbox. The cost does not depend on the number of sent events."""
    is_due = AutomationEvent.next_attempt_at <= func.now()
    is_failed = AutomationEvent.status == EventStatus.FAILED
    age = func.extract("epoch", func.now() - func.min(AutomationEvent.next_attempt_at))
    row = session.execute(
        select(
            _count(is_due).label("due"),
            _count(AutomationEvent.next_attempt_at > func.now()).label("retrying"),
            _count(
                is_failed,
                AutomationEvent.dead_at.is_not(None),
                AutomationEvent.discarded_at.is_(None),
            ).label("dead"),
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
    """Yield the conditions that an index supports. Pending and failed events have partial ones."""
    if wanted.status:
        yield AutomationEvent.status == wanted.status
    if wanted.status is EventStatus.PENDING:
        yield AutomationEvent.next_attempt_at.is_not(None)
    if wanted.event_type:
        yield AutomationEvent.event_type == wanted.event_type
    if wanted.item_id:
        yield AutomationEvent.item_id == wanted.item_id
    yield from _failures(wanted)
    if wanted.due is not None:
        next_attempt = AutomationEvent.next_attempt_at
        yield next_attempt <= func.now() if wanted.due else next_attempt > func.now()
    if _is_reference(wanted.q):
        yield or_(AutomationEvent.subject_ref == wanted.q, AutomationEvent.dedupe_key == wanted.q)


def _failures(wanted: EventFilter) -> Iterator[ColumnElement[bool]]:
    if wanted.dead is not None:
        yield (
            AutomationEvent.dead_at.is_not(None)
            if wanted.dead
            else AutomationEvent.dead_at.is_(None)
        )
    if wanted.dead or wanted.error_fingerprint is not None:
        yield AutomationEvent.status == EventStatus.FAILED
        yield AutomationEvent.discarded_at.is_(None)
    if wanted.error_fingerprint is not None:
        error = func.coalesce(AutomationEvent.error_fingerprint, literal_column("''"))
        yield error == wanted.error_fingerprint
    if wanted.discarded is not None:
        is_discarded = AutomationEvent.discarded_at.is_not(None)
        yield is_discarded if wanted.discarded else ~is_discarded


def _is_reference(q: str | None) -> bool:
    return q is not None and _REFERENCE.fullmatch(q) is not None


def _count(*conditions: ColumnElement[bool]) -> ScalarSelect[int]:
    capped = select(literal(1)).where(*conditions).limit(COUNT_CAP).subquery()
    return select(func.count()).select_from(capped).scalar_subquery()
