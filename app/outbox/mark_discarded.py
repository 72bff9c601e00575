"""Discard a dead letter: nobody has to care for it any more. It stays and can be retried later.

A person's discard calls `app.dispatch.discard_event`, which also reduces the count of the item
that announces the dead letter.
"""

from sqlalchemy import func
from sqlalchemy.orm import Session

from app.core.errors import Conflict
from app.outbox.models import AutomationEvent, AutomationEventHistory
from app.outbox.queries import EventView, event_of
from app.outbox.renew_event import lock_event

DISCARD = "discard"


def mark_discarded(
    session: Session, event_id: int, *, actor: str, reason: str, expected_budget: int | None = None
) -> EventView:
    """Mark a dead letter as discarded, with a history entry. The caller has checked `reason`.

    Raises NotFound, and Conflict if the event is not dead, is discarded already, or if a retry
    since `expected_budget` was read began another series.
    """
    event = lock_event(session, event_id, expected_budget=expected_budget)
    if event.discarded_at is not None:
        raise Conflict(
            f"Event {event_id} was discarded by {event.discarded_by}"
            f" at {event.discarded_at:%Y-%m-%d %H:%M:%S} UTC."
        )
    if event.dead_at is None:
        raise Conflict(f"Event {event_id} is {event.status}; only a dead letter can be discarded.")
    session.add(_entry(event, actor, reason))
    event.discarded_at = func.now()
    event.discarded_by, event.discard_reason = actor, reason
    session.flush()
    session.refresh(event)
    return event_of(event)


def _entry(event: AutomationEvent, actor: str, reason: str) -> AutomationEventHistory:
    return AutomationEventHistory(
        event_id=event.id,
        actor=actor,
        action=DISCARD,
        from_status=event.status,
        to_status=event.status,
        note=reason,
    )
