"""Retry an event by hand, and count down the item that announced its death."""

from sqlalchemy.orm import Session

from app.inbox.dead_letters import count_down
from app.outbox.renew_event import RetryOutcome, renew_event


def retry_event(session: Session, event_id: int, *, actor: str) -> RetryOutcome:
    """Make an event due now with a fresh budget, as `renew_event` does and with its errors.

    If it was dead, the item that says so counts one less, and closes itself at none.
    """
    outcome = renew_event(session, event_id, actor=actor)
    if outcome.announcement is not None:
        count_down(session, outcome.announcement)
    return outcome
