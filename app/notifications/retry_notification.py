"""Send a failed notification again, for an admin."""

from sqlalchemy import func
from sqlalchemy.orm import Session

from app.core.errors import Conflict, NotFound
from app.notifications.change_history import Change, note_change
from app.notifications.models import Notification, NotificationStatus
from app.notifications.queries import NotificationView, notification_of


def retry_notification(session: Session, notification_id: int, *, actor: str) -> NotificationView:
    """Make a failed notification due now, with a new budget of attempts.

    It waits neither for a digest nor for the end of quiet hours. Raises NotFound, and Conflict
    if it has not failed.
    """
    row = session.get(Notification, notification_id, with_for_update=True)
    if row is None:
        raise NotFound(f"There is no notification {notification_id}.")
    if row.status != NotificationStatus.FAILED:
        raise Conflict(
            f"Notification {notification_id} is {row.status}; only a failed one is sent again."
        )
    row.status, row.attempts, row.failed_at = NotificationStatus.QUEUED, 0, None
    row.budget += 1
    row.next_attempt_at = row.created_at = func.clock_timestamp()
    change = Change(
        actor=actor,
        action="retry",
        before=NotificationStatus.FAILED,
        to=NotificationStatus.QUEUED,
    )
    note_change(session, f"notification:{notification_id}", change)
    session.flush()
    session.refresh(row)
    return notification_of(row)
