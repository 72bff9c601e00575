"""The tables of reports."""

from datetime import date, datetime
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


class TrendHour(Base):
    """The figures of one hour, which the trends add up. `hour` is its beginning.

    `is_settled` is False while the figures may change: an event of the hour waits for an
    attempt, or the hour was counted so early that a transaction may have committed later.
    """

    __tablename__ = "cc_trend_hours"

    hour: Mapped[datetime] = mapped_column(primary_key=True)
    figures: Mapped[dict[str, Any]]
    is_settled: Mapped[bool]
    counted_at: Mapped[CreatedAt]
