"""The tables of the outbox."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Connection,
    ForeignKey,
    Index,
    Table,
    event,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base, BigId, CreatedAt, HistoryColumns, UpdatedAt

WAIT_STEP = """
CASE WHEN sent_at - created_at < '1 minute'::interval
     THEN date_trunc('millisecond', sent_at - created_at)
     ELSE date_trunc('second', sent_at - created_at) END
"""
"""How long a sent event waited: by the millisecond up to a minute, by the second beyond it.

PostgreSQL keeps statistics of this expression. Without them it expects as many waits as
events, and sorts a day's events to group them, in place of hashing them in parallel.
"""


class EventStatus(StrEnum):
    """The states of an event, drawn in `docs/architecture.md`."""

    PENDING = "pending"
    SENT = "sent"
    FAILED = "failed"


class AutomationEvent(Base):
    """One fact that becomes an inbox item. It is due from `next_attempt_at` on.

    `item_id` is the item that the event was folded into, or that announces it as a dead
    letter. It is NULL if the event has an item of its own, which has its `event_id`. It is not
    a foreign key: PostgreSQL would lock the inbox table whenever an event is recorded.
    A person may discard a dead letter, with a reason.
    """

    __tablename__ = "cc_automation_events"
    __table_args__ = (
        CheckConstraint("status IN ('pending', 'sent', 'failed')", name="status_known"),
        CheckConstraint("(status = 'sent') = (sent_at IS NOT NULL)", name="sent_has_time"),
        CheckConstraint("dead_at IS NULL OR status = 'failed'", name="dead_is_failed"),
        CheckConstraint(
            "(next_attempt_at IS NULL) = (sent_at IS NOT NULL OR dead_at IS NOT NULL)",
            name="due_until_final",
        ),
        CheckConstraint("attempts >= 0 AND budget >= 1", name="counts_sane"),
        CheckConstraint(
            "(discarded_at IS NULL) = (discarded_by IS NULL)", name="discarded_has_author"
        ),
        CheckConstraint("discarded_at IS NULL OR dead_at IS NOT NULL", name="discarded_is_final"),
        Index(
            "ix_cc_automation_events_due",
            "next_attempt_at",
            "id",
            postgresql_where=text("next_attempt_at IS NOT NULL"),
        ),
        Index("ix_cc_automation_events_failed", "id", postgresql_where=text("status = 'failed'")),
        Index("ix_cc_automation_events_type", "event_type", "id"),
        Index("ix_cc_automation_events_subject", "subject_ref"),
        Index("ix_cc_automation_events_created", "created_at", postgresql_using="brin"),
        Index(
            "ix_cc_automation_events_dead",
            "dead_at",
            postgresql_where=text("dead_at IS NOT NULL"),
        ),
        Index(
            "ix_cc_automation_events_discarded",
            "id",
            postgresql_where=text("discarded_at IS NOT NULL"),
        ),
        Index(
            "ix_cc_automation_events_failures",
            "event_type",
            text("coalesce(error_fingerprint, '')"),
            "id",
            postgresql_include=["dead_at"],
            postgresql_where=text("status = 'failed' AND discarded_at IS NULL"),
        ),
        Index(
            "ix_cc_automation_events_item",
            "item_id",
            "id",
            postgresql_where=text("item_id IS NOT NULL"),
        ),
        {
            "postgresql_with": {
                "fillfactor": "90",
                "autovacuum_vacuum_scale_factor": "0.02",
                "autovacuum_vacuum_cost_delay": "0",
            }
        },
    )

    id: Mapped[BigId]
    event_type: Mapped[str]
    status: Mapped[str] = mapped_column(server_default=text("'pending'"))
    dedupe_key: Mapped[str] = mapped_column(unique=True)
    payload: Mapped[dict[str, Any]]
    subject_ref: Mapped[str]
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    budget: Mapped[int] = mapped_column(server_default=text("1"))
    next_attempt_at: Mapped[datetime | None] = mapped_column(server_default=text("now()"))
    last_error: Mapped[str | None]
    error_fingerprint: Mapped[str | None]
    sent_at: Mapped[datetime | None]
    dead_at: Mapped[datetime | None]
    discarded_at: Mapped[datetime | None]
    discarded_by: Mapped[str | None]
    discard_reason: Mapped[str | None]
    trace_context: Mapped[str | None]
    item_id: Mapped[int | None] = mapped_column(BigInteger)
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]


@event.listens_for(AutomationEvent.__table__, "after_create")
def _keep_statistics(_table: Table, connection: Connection, **_options: object) -> None:
    connection.execute(
        text(
            f"CREATE STATISTICS st_cc_automation_events_wait ON ({WAIT_STEP})"
            " FROM cc_automation_events"
        )
    )


class AutomationEventAttempt(Base):
    """One failed attempt of an event. A successful attempt has no row."""

    __tablename__ = "cc_automation_event_attempts"
    __table_args__ = (Index("ix_cc_automation_event_attempts_event", "event_id", "id"),)

    id: Mapped[BigId]
    event_id: Mapped[int] = mapped_column(ForeignKey("cc_automation_events.id", ondelete="CASCADE"))
    budget: Mapped[int]
    attempt: Mapped[int]
    error: Mapped[str]
    error_fingerprint: Mapped[str]
    worker: Mapped[str]
    at: Mapped[CreatedAt]


class AutomationEventHistory(HistoryColumns, Base):
    """One action on an event: who, what, when, and the status before and after."""

    __tablename__ = "cc_automation_event_activity"
    __table_args__ = (
        Index("ix_cc_automation_event_activity_event", "event_id", "id"),
        Index(
            "ix_cc_automation_event_activity_actor",
            "actor",
            "at",
            "id",
            postgresql_include=["action"],
        ),
    )

    event_id: Mapped[int] = mapped_column(ForeignKey("cc_automation_events.id", ondelete="CASCADE"))
