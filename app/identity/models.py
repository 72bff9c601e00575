"""The tables of identity."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base, BigId, CreatedAt, UpdatedAt


class Role(StrEnum):
    """An admin may do everything; an agent has no rights yet."""

    ADMIN = "admin"
    AGENT = "agent"


class User(Base):
    """A person who may sign in."""

    __tablename__ = "cc_users"
    __table_args__ = (CheckConstraint("role IN ('admin', 'agent')", name="role_known"),)

    id: Mapped[BigId]
    username: Mapped[str] = mapped_column(unique=True)
    password_hash: Mapped[str]
    role: Mapped[str]
    is_active: Mapped[bool] = mapped_column(server_default=text("true"))
    failed_logins: Mapped[int] = mapped_column(server_default=text("0"))
    locked_until: Mapped[datetime | None]
    last_login_at: Mapped[datetime | None]
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]


class SignInDecoy(Base):
    """A row that a sign-in with an unknown name updates, so that its duration reveals nothing."""

    __tablename__ = "cc_sign_in_decoys"

    slot: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    attempts: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))


class ApiToken(Base):
    """A bearer token of a user, stored as the SHA-256 of its 256 random bits."""

    __tablename__ = "cc_api_tokens"

    id: Mapped[BigId]
    user_id: Mapped[int] = mapped_column(ForeignKey("cc_users.id", ondelete="CASCADE"), index=True)
    name: Mapped[str]
    token_hash: Mapped[str] = mapped_column(unique=True)
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    created_at: Mapped[CreatedAt]
