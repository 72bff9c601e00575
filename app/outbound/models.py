"""The tables of outbound messages."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base, BigId, CreatedAt, HistoryColumns, UpdatedAt
from app.customers.models import masked_of


class OutboundStatus(StrEnum):
    """The states of a message. The order only rises, except for `failed` and `cancelled`."""

    QUEUED = "queued"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"
    CANCELLED = "cancelled"
    """Cancelled before it was sent, because it is no longer needed."""


class AttemptOutcome(StrEnum):
    """How an attempt ended. It is NULL during the attempt and after a crash."""

    SENT = "sent"
    FAILED = "failed"
    THROTTLED = "throttled"
    UNKNOWN = "unknown"
    """There was no answer; the message may have been sent."""
    AWAY = "away"
    """The provider was away; the message was not sent."""


class OutboundKind(StrEnum):
    """The kinds of jobs. The text of an `otp` is created when it is sent."""

    TEXT = "text"
    TEMPLATE = "template"
    OTP = "otp"


class OutboundJob(Base):
    """One message to one customer, with attempts until it is sent or the last one has failed.

    `text_encrypted` holds the text of a `text` job, or the JSON of a `template`; an
    `otp` has none. The job is due from `next_attempt_at` on. `claimed_at` is set during an
    attempt; if a due job has it, a crash interrupted the attempt. `waits_for` is the earlier
    job of the same customer that must end first. A person may discard a failed job, with a reason.
    """

    __tablename__ = "cc_outbound_jobs"
    __table_args__ = (
        CheckConstraint(
            "status IN ('queued', 'sent', 'delivered', 'read', 'failed', 'cancelled')",
            name="status_known",
        ),
        CheckConstraint("kind IN ('text', 'template', 'otp')", name="kind_known"),
        CheckConstraint("(kind = 'otp') = (text_encrypted IS NULL)", name="otp_has_no_text"),
        CheckConstraint(
            "(status = 'queued') = (next_attempt_at IS NOT NULL)", name="due_while_queued"
        ),
        CheckConstraint("(status = 'failed') = (failed_at IS NOT NULL)", name="failed_has_time"),
        CheckConstraint(
            "(discarded_at IS NULL) = (discarded_by IS NULL)", name="discarded_has_author"
        ),
        CheckConstraint("discarded_at IS NULL OR failed_at IS NOT NULL", name="discarded_is_final"),
        Index(
            "ix_cc_outbound_jobs_due",
            "next_attempt_at",
            "id",
            postgresql_where=text("next_attempt_at IS NOT NULL"),
        ),
        Index(
            "ix_cc_outbound_jobs_codes_due",
            "next_attempt_at",
            "id",
            postgresql_where=text("next_attempt_at IS NOT NULL AND kind = 'otp'"),
        ),
        Index(
            "ix_cc_outbound_jobs_claimed",
            "next_attempt_at",
            "id",
            postgresql_where=text("claimed_at IS NOT NULL"),
        ),
        Index(
            "ix_cc_outbound_jobs_queued",
            "customer_id",
            "id",
            postgresql_where=text("next_attempt_at IS NOT NULL"),
        ),
        Index(
            "ix_cc_outbound_jobs_waiting",
            "waits_for",
            postgresql_where=text("waits_for IS NOT NULL"),
        ),
        Index(
            "ix_cc_outbound_jobs_discarded",
            "id",
            postgresql_where=text("discarded_at IS NOT NULL"),
        ),
        Index(
            "ix_cc_outbound_jobs_failures",
            text("coalesce(last_error, '')"),
            "id",
            postgresql_where=text("status = 'failed' AND discarded_at IS NULL"),
        ),
        Index("ix_cc_outbound_jobs_status", "status", "id"),
        Index("ix_cc_outbound_jobs_subject", "subject_ref"),
        Index("ix_cc_outbound_jobs_sent", "sent_at", postgresql_using="brin"),
        Index("ix_cc_outbound_jobs_customer", "customer_id", "kind", "created_at"),
        Index(
            "uq_cc_outbound_jobs_message_fingerprint",
            "message_fingerprint",
            unique=True,
            postgresql_where=text("message_fingerprint IS NOT NULL"),
        ),
    )

    id: Mapped[BigId]
    kind: Mapped[str]
    status: Mapped[str] = mapped_column(server_default=text("'queued'"))
    customer_id: Mapped[int] = mapped_column(ForeignKey("cc_customers.id"))
    recipient_masked: Mapped[str] = masked_of(customer_id)
    text_encrypted: Mapped[str | None]
    idempotency_key: Mapped[str | None] = mapped_column(unique=True)
    subject_ref: Mapped[str | None]
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    budget: Mapped[int] = mapped_column(server_default=text("1"))
    next_attempt_at: Mapped[datetime | None] = mapped_column(server_default=text("now()"))
    claimed_at: Mapped[datetime | None]
    waits_for: Mapped[int | None] = mapped_column(BigInteger)
    message_fingerprint: Mapped[str | None]
    last_error: Mapped[str | None]
    last_error_code: Mapped[int | None]
    sent_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    read_at: Mapped[datetime | None]
    failed_at: Mapped[datetime | None]
    discarded_at: Mapped[datetime | None]
    discarded_by: Mapped[str | None]
    discard_reason: Mapped[str | None]
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]


class OutboundAttempt(Base):
    """One attempt to send a job, written before the call and completed after it."""

    __tablename__ = "cc_outbound_attempts"
    __table_args__ = (
        CheckConstraint(
            "outcome IN ('sent', 'failed', 'throttled', 'unknown', 'away')", name="outcome_known"
        ),
        CheckConstraint("(outcome IS NULL) = (finished_at IS NULL)", name="finished_has_outcome"),
        Index("ix_cc_outbound_attempts_job", "job_id", "id"),
        Index(
            "ix_cc_outbound_attempts_message",
            "message_fingerprint",
            postgresql_where=text("message_fingerprint IS NOT NULL"),
        ),
    )

    id: Mapped[BigId]
    job_id: Mapped[int] = mapped_column(ForeignKey("cc_outbound_jobs.id", ondelete="CASCADE"))
    budget: Mapped[int]
    attempt: Mapped[int]
    outcome: Mapped[str | None]
    error: Mapped[str | None]
    error_code: Mapped[int | None]
    message_fingerprint: Mapped[str | None]
    started_at: Mapped[CreatedAt]
    finished_at: Mapped[datetime | None]


class OutboundChannel(Base):
    """The one row of a provider: its send slots, shared by all workers, and its circuit.

    `next_slot_at` is the next free send slot. While `away_since` is set the circuit is open, and
    one message may probe at `probe_at`. `answered_at` is the time of the provider's last answer
    on a message, exact to half a second.
    """

    __tablename__ = "cc_outbound_channels"
    __table_args__ = (
        CheckConstraint("(away_since IS NULL) = (probe_at IS NULL)", name="away_has_probe"),
    )

    name: Mapped[str] = mapped_column(primary_key=True)
    next_slot_at: Mapped[CreatedAt]
    answered_at: Mapped[datetime | None]
    faults: Mapped[int] = mapped_column(server_default=text("0"))
    probes: Mapped[int] = mapped_column(server_default=text("0"))
    away_since: Mapped[datetime | None]
    away_reason: Mapped[str | None]
    probe_at: Mapped[datetime | None]


class OutboundHistory(HistoryColumns, Base):
    """One action on a job: who, what, when, and the status before and after."""

    __tablename__ = "cc_outbound_activity"
    __table_args__ = (
        Index("ix_cc_outbound_activity_job", "job_id", "id"),
        Index("ix_cc_outbound_activity_actor", "actor", "at", "id", postgresql_include=["action"]),
    )

    job_id: Mapped[int] = mapped_column(ForeignKey("cc_outbound_jobs.id", ondelete="CASCADE"))
