"""The tables of fraud intake."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base, BigId, CreatedAt, UpdatedAt
from app.customers.models import masked_of


class VerificationStatus(StrEnum):
    """The states of a verification."""

    AWAITING = "awaiting_verification"
    VERIFIED = "verified"
    EXHAUSTED = "exhausted"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class CodeResult(StrEnum):
    """What became of a code that a customer returned."""

    RIGHT = "right"
    WRONG = "wrong"
    UNCHECKED = "unchecked"
    """Not compared: none was awaited, it had expired, or it did not have six digits."""


_WRONG = text("code = 'wrong'")


class InboundMessage(Base):
    """One message of a customer. Its text is redacted; that of a code is not stored.

    The provider's message id contains the customer's number in base64, so only its keyed
    fingerprint is stored. `code` is set if the message was a code.
    """

    __tablename__ = "cc_inbound_messages"
    __table_args__ = (
        CheckConstraint("code IN ('right', 'wrong', 'unchecked')", name="code_known"),
        Index("ix_cc_inbound_messages_created", "created_at"),
        Index("ix_cc_inbound_messages_customer", "customer_id", "created_at"),
        Index("ix_cc_inbound_messages_wrong", "created_at", postgresql_where=_WRONG),
        Index(
            "ix_cc_inbound_messages_wrong_of_customer",
            "customer_id",
            "created_at",
            postgresql_where=_WRONG,
        ),
    )

    id: Mapped[BigId]
    message_fingerprint: Mapped[str] = mapped_column(unique=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("cc_customers.id"))
    kind: Mapped[str]
    text: Mapped[str | None]
    code: Mapped[str | None]
    sent_at: Mapped[datetime | None]
    created_at: Mapped[CreatedAt]


class VerificationJob(Base):
    """A report whose customer must confirm their identity with a code.

    `failed_tries` counts wrong codes.
    """

    __tablename__ = "cc_verification_jobs"
    __table_args__ = (
        CheckConstraint(
            "status IN ('awaiting_verification', 'verified', 'exhausted', 'cancelled', 'expired')",
            name="status_known",
        ),
        CheckConstraint(
            "(status = 'awaiting_verification') = (closed_at IS NULL)", name="closed_has_time"
        ),
        Index(
            "uq_cc_verification_jobs_awaiting",
            "customer_id",
            unique=True,
            postgresql_where=text("status = 'awaiting_verification'"),
        ),
        Index("ix_cc_verification_jobs_customer", "customer_id", "id"),
        Index("ix_cc_verification_jobs_status", "status", "id"),
        Index("ix_cc_verification_jobs_created", "created_at", postgresql_using="brin"),
        Index(
            "ix_cc_verification_jobs_awaiting_since",
            "created_at",
            postgresql_where=text("status = 'awaiting_verification'"),
        ),
        Index(
            "ix_cc_verification_jobs_expired",
            "closed_at",
            postgresql_where=text("status = 'expired'"),
        ),
    )

    id: Mapped[BigId]
    status: Mapped[str] = mapped_column(server_default=text("'awaiting_verification'"))
    customer_id: Mapped[int] = mapped_column(ForeignKey("cc_customers.id"))
    phone_masked: Mapped[str] = masked_of(customer_id)
    language: Mapped[str]
    report: Mapped[str]
    failed_tries: Mapped[int] = mapped_column(server_default=text("0"))
    closed_at: Mapped[datetime | None]
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]


class OtpChallenge(Base):
    """One code that was sent, as a keyed hash with a salt."""

    __tablename__ = "cc_otp_challenges"
    __table_args__ = (Index("ix_cc_otp_challenges_job", "verification_job_id", "id"),)

    id: Mapped[BigId]
    verification_job_id: Mapped[int] = mapped_column(
        ForeignKey("cc_verification_jobs.id", ondelete="CASCADE")
    )
    salt: Mapped[str]
    code_hash: Mapped[str]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    created_at: Mapped[CreatedAt]


class CaseStatus(StrEnum):
    """The states of a case. A trigger of the database derives them from its inbox item."""

    OPEN = "open"
    IN_WORK = "in_work"
    """Its item is acknowledged."""
    CLOSED = "closed"


class FraudCase(Base):
    """A report of a verified customer."""

    __tablename__ = "cc_fraud_cases"
    __table_args__ = (
        CheckConstraint("status IN ('open', 'in_work', 'closed')", name="status_known"),
        Index("ix_cc_fraud_cases_customer", "customer_id", "id"),
        Index("ix_cc_fraud_cases_status", "status", "id"),
        Index("ix_cc_fraud_cases_created", "created_at", postgresql_using="brin"),
    )

    id: Mapped[BigId]
    status: Mapped[str] = mapped_column(server_default=text("'open'"))
    verification_job_id: Mapped[int] = mapped_column(
        ForeignKey("cc_verification_jobs.id"), unique=True
    )
    customer_id: Mapped[int] = mapped_column(ForeignKey("cc_customers.id"))
    phone_masked: Mapped[str] = masked_of(customer_id)
    language: Mapped[str]
    report: Mapped[str]
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]


class FraudCaseMessage(Base):
    """A later message of the customer of an open case, redacted."""

    __tablename__ = "cc_fraud_case_messages"
    __table_args__ = (Index("ix_cc_fraud_case_messages_case", "case_id", "id"),)

    id: Mapped[BigId]
    case_id: Mapped[int] = mapped_column(ForeignKey("cc_fraud_cases.id", ondelete="CASCADE"))
    text: Mapped[str]
    created_at: Mapped[CreatedAt]
