"""The table of stored answers."""

from datetime import datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base, CreatedAt


class StoredAnswer(Base):
    """The answer to a call that was sent with an idempotency key.

    `key_hash` is a keyed hash of the actor and the key, `request_hash` one of the request.
    `body` is the encrypted JSON that the caller got, which may hold a secret of a channel.
    """

    __tablename__ = "cc_idempotency_keys"
    __table_args__ = (Index("ix_cc_idempotency_keys_expires", "expires_at"),)

    key_hash: Mapped[str] = mapped_column(primary_key=True)
    request_hash: Mapped[str]
    status: Mapped[int]
    body: Mapped[str]
    expires_at: Mapped[datetime]
    created_at: Mapped[CreatedAt]
