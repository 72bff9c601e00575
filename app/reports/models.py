"""The table of daily summaries."""

from datetime import date
from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base, BigId, CreatedAt, UpdatedAt


class DailySummary(Base):
    """The figures of one business date."""

    __tablename__ = "cc_daily_summaries"

    id: Mapped[BigId]
    business_date: Mapped[date] = mapped_column(unique=True)
    summary: Mapped[dict[str, Any]]
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]
