"""Make a failed event due now, with a new series of attempts.

An admin's retry calls `app.dispatch.retry_event`, which also reduces the count of the item
that announced the dead letter.
"""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core.errors import Conflict, NotFound
from app.outbox.models import AutomationEvent, AutomationEventHistory, EventStatus
from app.outbox.queries import EventView, event_of


@dataclass(frozen=True, slots=True)
class RetryOutcome:
    """The event after a retry. `changed` is False if it was due already.

    `announcement` is the id of the item that counts the dead letter, if there is one.
    """

    event: EventView
    changed: bool
    announcement: int | None = None


def renew_event(
    session: Session, event_id: int, *, actor: str, expected_budget: int | None = None
) -> RetryOutcome:
    """Make a failed event due now, start a new series of attempts, and add a history entry.

    A pending event is due already and stays unchanged. `last_error` stays until the next
    attempt. A discarded event is no longer discarded. Raises NotFound, and Conflict if the event
    has been sent, or if a retry since `expected_budget` was read began another series.
    """
    event = lock_event(session, event_id, expected_budget=expected_budget)
    if event.status == EventStatus.SENT:
        raise Conflict(
            f"Event {event_id} was sent at {event.sent_at:%Y-%m-%d %H:%M:%S} UTC;"
            " there is nothing left to retry."
        )
    if event.status == EventStatus.PENDING:
        return RetryOutcome(event_of(event), changed=False)
    session.add(
        AutomationEventHistory(
            event_id=event_id,
            actor=actor,
            action="retry",
            from_status=event.status,
            to_status=EventStatus.PENDING,
        )
    )
    announcement = None if event.discarded_at else event.item_id
    _renew(event)
    session.flush()
    session.refresh(event)
    return RetryOutcome(event_of(event), changed=True, announcement=announcement)


def lock_event(session: Session, event_id: int, *, expected_budget: int | None) -> AutomationEvent:
    """Lock and return an event. Raises NotFound, and Conflict for another `expected_budget`."""
    event = session.scalar(
        select(AutomationEvent).where(AutomationEvent.id == event_id).with_for_update()
    )
    if event is None:
        raise NotFound(f"There is no event {event_id}.")
    if expected_budget not in {None, event.budget}:
        raise Conflict(f"Event {event_id} was retried in the meantime; look at it again.")
    return event


def _renew(event: AutomationEvent) -> None:
    event.status = EventStatus.PENDING
    event.attempts = 0
    event.budget += 1
    event.next_attempt_at = func.now()
    event.dead_at = None
    event.discarded_at = event.discarded_by = event.discard_reason = None
    event.item_id = None
