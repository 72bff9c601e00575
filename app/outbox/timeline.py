"""The entries of events in a timeline."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from app.core.timeline import Entry, Place, Rank, Window
from app.outbox.models import AutomationEvent, AutomationEventAttempt, AutomationEventHistory

MOST = 500
"""How many events one timeline covers, the newest."""


def events_about(session: Session, subjects: Sequence[str]) -> list[tuple[int, int | None]]:
    """Return the id of each event about one of `subjects`, and the item it was folded into."""
    return _newest(session, AutomationEvent.subject_ref.in_(subjects))


def events_of_item(session: Session, item_id: int, event_id: int | None) -> list[int]:
    """Return the ids of the events of an item."""
    folded = [found for found, _ in _newest(session, AutomationEvent.item_id == item_id)]
    return folded if event_id is None else list({*folded, event_id})


def subjects_of(session: Session, event_ids: Sequence[int]) -> set[str]:
    """Return what events are about."""
    subjects = select(AutomationEvent.subject_ref).where(AutomationEvent.id.in_(event_ids))
    return set(session.scalars(subjects))


def event_entries(session: Session, event_ids: Sequence[int], window: Window) -> Iterator[Entry]:
    """Yield the entries of events: recorded, each failed attempt, dead, sent, and acts."""
    if not event_ids:
        return
    event = AutomationEvent
    for rank, at, sentence in (
        (Rank.EVENT_RECORDED, event.created_at, "Event {} was recorded: {}"),
        (Rank.EVENT_DIED, event.dead_at, "All attempts of event {} failed: {}"),
        (Rank.EVENT_DELIVERED, event.sent_at, "Event {} reached the inbox: {}"),
    ):
        query = select(event.id, event.event_type, at.label("at")).where(event.id.in_(event_ids))
        for row in session.execute(window.of(query, at, event.id, rank)):
            text = sentence.format(row.id, row.event_type.replace("_", " "))
            yield Entry.of(Place(row.at, rank, row.id), f"event:{row.id}", text)
    yield from _attempts(session, event_ids, window)
    yield from _acts(session, event_ids, window)


def _attempts(session: Session, event_ids: Sequence[int], window: Window) -> Iterator[Entry]:
    attempt = AutomationEventAttempt
    query = select(attempt).where(attempt.event_id.in_(event_ids))
    for row in session.scalars(window.of(query, attempt.at, attempt.id, Rank.EVENT_FAILED)):
        text = f"Attempt {row.attempt} of event {row.event_id} failed"
        place = Place(row.at, Rank.EVENT_FAILED, row.id)
        yield Entry.of(place, f"event:{row.event_id}", text, detail=row.error)


def _acts(session: Session, event_ids: Sequence[int], window: Window) -> Iterator[Entry]:
    act = AutomationEventHistory
    query = select(act).where(act.event_id.in_(event_ids))
    for row in session.scalars(window.of(query, act.at, act.id, Rank.EVENT_ACT)):
        text = f"{row.actor} {_past(row.action)} event {row.event_id}"
        place = Place(row.at, Rank.EVENT_ACT, row.id)
        yield Entry.of(place, f"event:{row.event_id}", text, detail=row.note, actor=row.actor)


def _past(action: str) -> str:
    return {"retry": "retried", "discard": "discarded"}.get(action, action)


def _newest(session: Session, condition: ColumnElement[bool]) -> list[Any]:
    event = AutomationEvent
    query = select(event.id, event.item_id).where(condition)
    return [
        tuple(row) for row in session.execute(query.order_by(event.created_at.desc()).limit(MOST))
    ]
