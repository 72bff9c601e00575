"""The tables of the admin inbox."""

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR
from sqlalchemy.orm import Mapped, column_property, mapped_column

from app.core.database import Base, BigId, CreatedAt, HistoryColumns, UpdatedAt
from app.inbox.placement import MOVED, UNASSIGNED
from app.inbox.timing import overdue, snoozed

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


class DismissReason(StrEnum):
    """Why an item was dismissed."""

    FALSE_ALARM = "false_alarm"
    DUPLICATE = "duplicate"
    CUSTOMER_WITHDREW = "customer_withdrew"
    NO_CONTACT = "no_contact"
    HANDLED_ELSEWHERE = "handled_elsewhere"
    NOT_OURS = "not_ours"
    KNOWN_ISSUE = "known_issue"
    TEST = "test"
    OTHER = "other"


def _list_indexes() -> Iterator[Index]:
    """Yield the indexes of the lists, by urgency and by the last occurrence."""
    for name, columns, condition in (
        ("", (), None),
        ("_type", ("type",), None),
        ("_assignee", ("assignee",), "assignee IS NOT NULL"),
        ("_unassigned", (), UNASSIGNED),
    ):
        leading = (*columns, "lane", "severity")
        moved = " AND ".join(filter(None, (condition, MOVED)))
        yield Index(
            f"ix_cc_admin_inbox_items{name}_urgent",
            *leading,
            "waits_from",
            "id",
            postgresql_where=text(condition) if condition else None,
        )
        yield Index(
            f"ix_cc_admin_inbox_items{name}_newest",
            *leading,
            "last_seen_at",
            "id",
            postgresql_where=text(moved),
        )


class InboxItem(Base):
    """A message to the admins.

    `occurrences` counts the events of the item. In an announcement of dead letters it counts
    the events that are still dead. `acknowledged_occurrences` is that count at the last
    acknowledgement. `promised_until` is the time by which `promised_by` has promised an answer.
    `snoozed_occurrences` is the count at which the item was snoozed until its next occurrence.
    A trigger sets `lane` and `waits_from`, which `app/inbox/placement.py` describes.
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
        CheckConstraint(
            "(promised_until IS NULL) = (promised_by IS NULL)", name="promise_has_author"
        ),
        CheckConstraint(
            "dismiss_reason IN ('false_alarm', 'duplicate', 'customer_withdrew', 'no_contact',"
            " 'handled_elsewhere', 'not_ours', 'known_issue', 'test', 'other')",
            name="dismiss_reason_known",
        ),
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
        *_list_indexes(),
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
    dismiss_reason: Mapped[str | None]
    promised_until: Mapped[datetime | None] = mapped_column()
    promised_by: Mapped[str | None]
    snoozed_until: Mapped[datetime | None] = mapped_column()
    snoozed_occurrences: Mapped[int | None] = mapped_column()
    lane: Mapped[str] = mapped_column(server_default=text("'open'"))
    waits_from: Mapped[CreatedAt]
    version: Mapped[int] = mapped_column(server_default=text("1"))
    event_id: Mapped[int | None] = mapped_column(
        ForeignKey("cc_automation_events.id", ondelete="SET NULL")
    )
    created_at: Mapped[CreatedAt]
    last_seen_at: Mapped[CreatedAt]
    closed_at: Mapped[datetime | None]
    updated_at: Mapped[UpdatedAt]

    is_overdue: Mapped[bool] = column_property(overdue(status, promised_until))
    is_snoozed: Mapped[bool] = column_property(
        snoozed(snoozed_until, snoozed_occurrences, occurrences, promised_until)
    )


class InboxHistory(HistoryColumns, Base):
    """One action on an item: who, what, when, and the status before and after.

    `until` is the time of a promise or the end of a snooze, and `reason` that of a dismissal.
    `before` holds the columns that undo restores.
    """

    __tablename__ = "cc_admin_inbox_activity"
    __table_args__ = (
        Index("ix_cc_admin_inbox_activity_item", "item_id", "id"),
        Index(
            "ix_cc_admin_inbox_activity_actor", "actor", "at", "id", postgresql_include=["action"]
        ),
    )

    item_id: Mapped[int] = mapped_column(ForeignKey("cc_admin_inbox_items.id", ondelete="CASCADE"))
    from_assignee: Mapped[str | None]
    to_assignee: Mapped[str | None]
    until: Mapped[datetime | None]
    reason: Mapped[str | None]
    before: Mapped[dict[str, Any] | None]


class InboxSearch(Base):
    """The words of an item and of its notes, without accents and in lower case.

    The task `periodic.index_items` writes them, and a trigger adds those of a new note.
    """

    __tablename__ = "cc_inbox_search"
    __table_args__ = (Index("ix_cc_inbox_search_words", "words", postgresql_using="gin"),)

    item_id: Mapped[int] = mapped_column(
        ForeignKey("cc_admin_inbox_items.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    )
    words: Mapped[str] = mapped_column(TSVECTOR)


class InboxSearchProgress(Base):
    """The one row that says how far the words are written: every older item has its words."""

    __tablename__ = "cc_inbox_search_progress"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    indexed_below: Mapped[int] = mapped_column(BigInteger)


class InboxView(Base):
    """Saved filters of the inbox page: a view of one person, or one that is shared with all.

    `filters` has the parameters of the page by name.
    """

    __tablename__ = "cc_inbox_views"
    __table_args__ = (UniqueConstraint("owner", "name", name="uq_cc_inbox_views_owner_name"),)

    id: Mapped[BigId]
    owner: Mapped[str]
    name: Mapped[str]
    filters: Mapped[dict[str, str]] = mapped_column(JSONB)
    is_shared: Mapped[bool]
    created_at: Mapped[CreatedAt]


class InboxVisit(Base):
    """When a person last had the inbox in front of them, and when their visit before ended."""

    __tablename__ = "cc_inbox_visits"

    person: Mapped[str] = mapped_column(primary_key=True)
    last_at: Mapped[datetime]
    previous_at: Mapped[datetime | None]


class InboxChanges(Base):
    """A part of the count of changes. A trigger adds 1 to one row per transaction.

    The sum of all rows grows when a change of an item becomes visible.
    """

    __tablename__ = "cc_inbox_changes"

    id: Mapped[BigId]
    changes: Mapped[int] = mapped_column(BigInteger)
