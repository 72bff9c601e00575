"""Retry an event for an admin, and reduce the count of the item that announced it."""

from sqlalchemy.orm import Session

from app.inbox.dead_letters import count_down
from app.outbox.renew_event import RetryOutcome, renew_event


def retry_event(
    session: Session, event_id: int, *, actor: str, expected_budget: int | None = None
) -> RetryOutcome:
    """Make an event due now with a new budget, like `renew_event`, with the same errors.

    If it was a dead letter, the count of its announcement is reduced; the item closes at zero.
    """
    outcome = renew_event(session, event_id, actor=actor, expected_budget=expected_budget)
    if outcome.announcement is not None:
        count_down(session, outcome.announcement)
    return outcome
