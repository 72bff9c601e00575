"""Discard a dead letter for an admin, and reduce the count of the item that announces it."""

from sqlalchemy.orm import Session

from app.inbox.dead_letters import count_down
from app.outbox.mark_discarded import mark_discarded
from app.outbox.queries import EventView


def discard_event(
    session: Session, event_id: int, *, actor: str, reason: str, expected_budget: int | None = None
) -> EventView:
    """Discard a dead letter like `mark_discarded`, with the same errors.

    The count of its announcement is reduced; the item closes at zero.
    """
    event = mark_discarded(
        session, event_id, actor=actor, reason=reason, expected_budget=expected_budget
    )
    if event.item_id is not None:
        count_down(session, event.item_id)
    return event
