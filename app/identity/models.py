"""The tables of identity."""

from datetime import datetime

from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base, BigId, CreatedAt, UpdatedAt


class User(Base):
    """A person who may sign in."""

    __tablename__ = "cc_users"
    __table_args__ = (CheckConstraint("role IN ('admin', 'auditor', 'agent')", name="role_known"),)

    id: Mapped[BigId]
    username: Mapped[str] = mapped_column(unique=True)
    password_hash: Mapped[str]
    role: Mapped[str]
    is_active: Mapped[bool] = mapped_column(server_default=text("true"))
    last_login_at: Mapped[datetime | None]
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]


class SignInLimit(Base):
    """A count of failed attempts to sign in, and the end of the rest that it caused."""

    __tablename__ = "cc_sign_in_limits"
    __table_args__ = (Index("ix_cc_sign_in_limits_started", "started_at"),)

    bucket: Mapped[str] = mapped_column(primary_key=True)
    failures: Mapped[int]
    started_at: Mapped[datetime]
    rests_until: Mapped[datetime | None]


class WebSession(Base):
    """A session of a signed-in person, found by the SHA-256 of its cookie's 256 random bits."""

    __tablename__ = "cc_web_sessions"
    __table_args__ = (Index("ix_cc_web_sessions_user", "user_id", "last_seen_at"),)

    id: Mapped[BigId]
    user_id: Mapped[int] = mapped_column(ForeignKey("cc_users.id", ondelete="CASCADE"))
    token_hash: Mapped[str] = mapped_column(unique=True)
    address: Mapped[str]
    browser: Mapped[str]
    started_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class ApiToken(Base):
    """A bearer token of a user, stored as the SHA-256 of its 256 random bits.

    `last_used_at` is at most a minute behind. Tokens of earlier releases may have no expiry.
    """

    __tablename__ = "cc_api_tokens"
    __table_args__ = (
        CheckConstraint(
            "scopes <> '{}' AND scopes <@ ARRAY['read', 'act', 'metrics']", name="scopes_known"
        ),
    )

    id: Mapped[BigId]
    user_id: Mapped[int] = mapped_column(ForeignKey("cc_users.id", ondelete="CASCADE"), index=True)
    name: Mapped[str]
    token_hash: Mapped[str] = mapped_column(unique=True)
    scopes: Mapped[list[str]] = mapped_column(
        ARRAY(Text), server_default=text("ARRAY['read', 'act', 'metrics']")
    )
    expires_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    created_at: Mapped[CreatedAt]
