"""WhatsApp's customer service window: free text is allowed for 24 hours after their message.

https://developers.facebook.com/docs/whatsapp/pricing#customer-service-windows
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.fraud.models import InboundMessage

WINDOW = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyWindow:
    """When the customer last wrote, until when free text may be sent, and whether it may now.

    Both times are null if they never wrote.
    """

    last_message_at: datetime | None
    closes_at: datetime | None
    is_open: bool


def window_after(last_message_at: datetime | None, *, now: datetime) -> ReplyWindow:
    """Return the window that a message of the customer opened."""
    closes_at = last_message_at + WINDOW if last_message_at else None
    return ReplyWindow(
        last_message_at=last_message_at,
        closes_at=closes_at,
        is_open=closes_at is not None and now < closes_at,
    )


def read_window(session: Session, customer_id: int) -> ReplyWindow:
    """Return the window of a customer now, by the clock of the database.

    The time is that of the provider, if it is known. A deletion opens no window.
    """
    message = InboundMessage
    sent_at = func.least(message.sent_at, message.created_at)  # PostgreSQL ignores NULL here
    newest = (
        select(sent_at)
        .where(message.customer_id == customer_id, message.kind != "revoke")
        .order_by(message.created_at.desc())
        .limit(1)
    )
    last, now = session.execute(select(newest.scalar_subquery(), func.now())).one()
    return window_after(last, now=now)
