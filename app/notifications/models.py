"""The tables of notifications."""

from datetime import datetime, time
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Text, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base, BigId, CreatedAt, HistoryColumns, UpdatedAt


class ChannelKind(StrEnum):
    """How a channel is reached."""

    SLACK = "slack"
    """A webhook that takes Slack's `{"text": …}`."""
    WEBHOOK = "webhook"
    """A webhook that is signed as Standard Webhooks demand."""
    EMAIL = "email"


class NotificationStatus(StrEnum):
    """The states of a notification."""

    QUEUED = "queued"
    SENT = "sent"
    SKIPPED = "skipped"
    """There was nothing to tell: each of its items had been told shortly before."""
    FAILED = "failed"
    """The dead letter: its last attempt failed, or it became too old while the channel was away."""


class NotificationChannel(Base):
    """An address that gets notifications, and its circuit.

    `target_encrypted` holds the URL or the e-mail address, `secret_encrypted` the key that signs
    a webhook. `claimed_until` is the lease of the worker that sends to it; one worker at a time
    does. While `away_since` is set the circuit is open, and one call may probe at `probe_at`.
    """

    __tablename__ = "cc_notification_channels"
    __table_args__ = (
        CheckConstraint("kind IN ('slack', 'webhook', 'email')", name="kind_known"),
        CheckConstraint("(kind = 'webhook') = (secret_encrypted IS NOT NULL)", name="secret_kept"),
        CheckConstraint("(away_since IS NULL) = (probe_at IS NULL)", name="away_has_probe"),
    )

    id: Mapped[BigId]
    name: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    target_encrypted: Mapped[str]
    target_masked: Mapped[str]
    secret_encrypted: Mapped[str | None]
    with_text: Mapped[bool] = mapped_column(server_default=text("false"))
    is_active: Mapped[bool] = mapped_column(server_default=text("true"))
    version: Mapped[int] = mapped_column(server_default=text("1"))
    claimed_until: Mapped[datetime | None]
    faults: Mapped[int] = mapped_column(server_default=text("0"))
    probes: Mapped[int] = mapped_column(server_default=text("0"))
    away_since: Mapped[datetime | None]
    away_reason: Mapped[str | None]
    probe_at: Mapped[datetime | None]
    last_sent_at: Mapped[datetime | None]
    last_error: Mapped[str | None]
    last_error_at: Mapped[datetime | None]
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]


class NotificationRule(Base):
    """Which items a channel is told of, and when.

    An empty `types` means every type. `digest_minutes` collects items; NULL means at once.
    Between `quiet_from` and `quiet_until`, in the business timezone, notifications wait. An item
    that recurs is told at most once per `repeat_minutes`.
    """

    __tablename__ = "cc_notification_rules"
    __table_args__ = (
        CheckConstraint("severities <> '{}'", name="severities_given"),
        CheckConstraint(
            "severities <@ ARRAY['info', 'warning', 'error', 'critical']", name="severities_known"
        ),
        CheckConstraint("digest_minutes BETWEEN 1 AND 1440", name="digest_minutes_range"),
        CheckConstraint("repeat_minutes BETWEEN 1 AND 10080", name="repeat_minutes_range"),
        CheckConstraint(
            "(quiet_from IS NULL) = (quiet_until IS NULL) AND quiet_from <> quiet_until",
            name="quiet_hours_whole",
        ),
        Index("ix_cc_notification_rules_channel", "channel_id"),
    )

    id: Mapped[BigId]
    name: Mapped[str] = mapped_column(unique=True)
    channel_id: Mapped[int] = mapped_column(ForeignKey("cc_notification_channels.id"))
    severities: Mapped[list[str]] = mapped_column(ARRAY(Text))
    types: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    digest_minutes: Mapped[int | None]
    repeat_minutes: Mapped[int] = mapped_column(server_default=text("60"))
    quiet_from: Mapped[time | None]
    quiet_until: Mapped[time | None]
    critical_passes: Mapped[bool] = mapped_column(server_default=text("true"))
    is_active: Mapped[bool] = mapped_column(server_default=text("true"))
    version: Mapped[int] = mapped_column(server_default=text("1"))
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]


class Notification(Base):
    """What one rule tells about the events of one batch; a test has neither rule nor events.

    Dispatch writes it in the transaction that writes the items, so it names events, whose items
    are looked up when it is sent. It is due from `next_attempt_at` on.
    """

    __tablename__ = "cc_notifications"
    __table_args__ = (
        CheckConstraint("status IN ('queued', 'sent', 'skipped', 'failed')", name="status_known"),
        CheckConstraint(
            "(status = 'queued') = (next_attempt_at IS NOT NULL)", name="due_while_queued"
        ),
        CheckConstraint("(status = 'sent') = (sent_at IS NOT NULL)", name="sent_has_time"),
        CheckConstraint("(status = 'failed') = (failed_at IS NOT NULL)", name="failed_has_time"),
        Index(
            "ix_cc_notifications_due",
            "channel_id",
            "next_attempt_at",
            "id",
            postgresql_where=text("next_attempt_at IS NOT NULL"),
        ),
        Index("ix_cc_notifications_failed", "id", postgresql_where=text("status = 'failed'")),
    )

    id: Mapped[BigId]
    channel_id: Mapped[int] = mapped_column(ForeignKey("cc_notification_channels.id"))
    rule_id: Mapped[int | None] = mapped_column(ForeignKey("cc_notification_rules.id"))
    event_ids: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    severity: Mapped[str]
    status: Mapped[str] = mapped_column(server_default=text("'queued'"))
    budget: Mapped[int] = mapped_column(server_default=text("1"))
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    next_attempt_at: Mapped[datetime | None] = mapped_column(server_default=text("now()"))
    last_error: Mapped[str | None]
    sent_at: Mapped[datetime | None]
    failed_at: Mapped[datetime | None]
    created_at: Mapped[CreatedAt]


class NotificationRepeat(Base):
    """When a rule last told of an item that recurs."""

    __tablename__ = "cc_notification_repeats"

    item_id: Mapped[int] = mapped_column(
        ForeignKey("cc_admin_inbox_items.id", ondelete="CASCADE"), primary_key=True
    )
    rule_id: Mapped[int] = mapped_column(
        ForeignKey("cc_notification_rules.id", ondelete="CASCADE"), primary_key=True
    )
    told_at: Mapped[CreatedAt]


class NotificationHistory(HistoryColumns, Base):
    """One change of a channel or a rule by a person."""

    __tablename__ = "cc_notification_activity"
    __table_args__ = (
        Index("ix_cc_notification_activity_subject", "subject_ref", "id"),
        Index("ix_cc_notification_activity_actor", "actor", "at", "id"),
    )

    subject_ref: Mapped[str]
