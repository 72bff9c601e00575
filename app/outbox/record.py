"""Record events inside the business transaction."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.core.redaction import redact, redact_prose
from app.outbox.events import CATALOGUE, Event
from app.outbox.models import AutomationEvent


class UnregisteredEvent(Exception):
    """The class of the event is not registered."""


def record_event(session: Session, event: Event, *, trace_context: str | None = None) -> int | None:
    """Write `event` into the outbox in the caller's transaction; return its id.

    Returns None and writes nothing if an event with the same dedupe key exists. The payload
    is redacted before it is written. The event exists only if the caller commits.
    """
    return session.scalar(_INSERT, _row(event) | {"trace_context": trace_context})


def record_events(session: Session, events: Sequence[Event]) -> Sequence[int]:
    """Write events like `record_event`, in few statements; return the ids of the new ones."""
    if not events:
        return []
    return session.scalars(_INSERT, [_row(event) for event in events]).all()


_INSERT = (
    insert(AutomationEvent)
    .on_conflict_do_nothing(index_elements=["dedupe_key"])
    .returning(AutomationEvent.id)
)


def _row(event: Event) -> dict[str, Any]:
    if CATALOGUE.get(event.event_type) is not type(event):
        raise UnregisteredEvent(
            f"{type(event).__name__} is not registered; add the decorator @register."
        )
    return {
        "event_type": event.event_type,
        "dedupe_key": event.dedupe_key,
        "payload": _payload(event),
        "subject_ref": event.subject_ref,
    }


def _payload(event: Event) -> dict[str, Any]:
    payload = event.payload
    prose = {name: redact_prose(payload[name]) for name in event.prose_fields}
    redacted: dict[str, Any] = redact(payload)
    return redacted | prose
