"""The tables of the admin inbox."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base, BigId, CreatedAt, HistoryColumns, UpdatedAt

AUTOMATION = "automation"
"""The actor of an action that no person took."""

RECUR = "recur"
"""The action in the history when a recurrence opens an acknowledged item again."""


class ItemStatus(StrEnum):
    """The states of an inbox item, drawn in `docs/architecture.md`."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"
    DISMISSED = "dismissed"


class InboxItem(Base):
    """A message to the admins.

    `occurrences` counts the events of the item. In an announcement of dead letters it counts
    the events that are still dead. `acknowledged_occurrences` is that count at the last
    acknowledgement.
    """

    __tablename__ = "cc_admin_inbox_items"
    __table_args__ = (
        CheckConstraint(
            "status IN ('open', 'acknowledged', 'resolved', 'dismissed')", name="status_known"
        ),
        CheckConstraint(
            "severity IN ('info', 'warning', 'error', 'critical')", name="severity_known"
        ),
        CheckConstraint(
            "(status IN ('resolved', 'dismissed')) = (closed_at IS NOT NULL)",
            name="closed_has_time",
        ),
        CheckConstraint("occurrences >= 0", name="occurrences_positive"),
        Index(
            "uq_cc_admin_inbox_items_open_group",
            "group_key",
            unique=True,
            postgresql_where=text("status IN ('open', 'acknowledged') AND group_key IS NOT NULL"),
        ),
        Index(
            "ix_cc_admin_inbox_items_severity",
            "status",
            "severity",
            "id",
            postgresql_include=["created_at"],
        ),
        Index("ix_cc_admin_inbox_items_filters", "type", "status", "severity", "id"),
        Index(
            "ix_cc_admin_inbox_items_assignee",
            "assignee",
            "id",
            postgresql_where=text("assignee IS NOT NULL"),
        ),
        Index("ix_cc_admin_inbox_items_event", "event_id"),
        Index(
            "ix_cc_admin_inbox_items_closed",
            "closed_at",
            postgresql_include=["severity", "created_at"],
            postgresql_where=text("closed_at IS NOT NULL"),
        ),
    )

    id: Mapped[BigId]
    type: Mapped[str]
    severity: Mapped[str]
    title: Mapped[str]
    body: Mapped[str]
    status: Mapped[str] = mapped_column(server_default=text("'open'"))
    link_ref: Mapped[str | None]
    dedupe_key: Mapped[str] = mapped_column(unique=True)
    group_key: Mapped[str | None]
    occurrences: Mapped[int] = mapped_column(server_default=text("1"))
    acknowledged_occurrences: Mapped[int | None]
    assignee: Mapped[str | None]
    snoozed_until: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(server_default=text("1"))
    event_id: Mapped[int | None] = mapped_column(
        ForeignKey("cc_automation_events.id", ondelete="SET NULL")
    )
    created_at: Mapped[CreatedAt]
    last_seen_at: Mapped[CreatedAt]
    closed_at: Mapped[datetime | None]
    updated_at: Mapped[UpdatedAt]


class InboxHistory(HistoryColumns, Base):
    """One action on an item: who, what, when, and the status before and after."""

    __tablename__ = "cc_admin_inbox_activity"
    __table_args__ = (Index("ix_cc_admin_inbox_activity_item", "item_id", "id"),)

    item_id: Mapped[int] = mapped_column(ForeignKey("cc_admin_inbox_items.id", ondelete="CASCADE"))
    from_assignee: Mapped[str | None]
    to_assignee: Mapped[str | None]
