"""The table of quarantined webhook parts."""

from datetime import datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base, BigId, CreatedAt


class QuarantinedPart(Base):
    """One part of a signed webhook that this release could not use.

    `body_encrypted` is a webhook body that contains only this part, so that it can be
    processed again. `fingerprint` is keyed; repeated deliveries of a part have one row.
    """

    __tablename__ = "cc_quarantined_parts"
    __table_args__ = (
        Index("ix_cc_quarantined_parts_kind", "kind", "id"),
        Index("ix_cc_quarantined_parts_expires", "expires_at"),
    )

    id: Mapped[BigId]
    kind: Mapped[str]
    fault: Mapped[str]
    body_encrypted: Mapped[str]
    fingerprint: Mapped[str] = mapped_column(unique=True)
    expires_at: Mapped[datetime]
    created_at: Mapped[CreatedAt]
