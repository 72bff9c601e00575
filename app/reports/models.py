"""The tables of reports."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, text
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


class Export(Base):
    """One export of a list as CSV: who, which list, its filter, and how many rows were sent.

    It has no outcome while it runs, and after its process was killed.
    """

    __tablename__ = "cc_exports"
    __table_args__ = (
        CheckConstraint(
            "outcome IN ('complete', 'cut', 'aborted', 'failed')", name="outcome_known"
        ),
        CheckConstraint("(outcome IS NULL) = (finished_at IS NULL)", name="finished_has_outcome"),
        Index("ix_cc_exports_actor", "actor", "started_at", "id"),
    )

    id: Mapped[BigId]
    actor: Mapped[str]
    list: Mapped[str]
    filter: Mapped[dict[str, Any]]
    rows: Mapped[int] = mapped_column(server_default=text("0"))
    outcome: Mapped[str | None]
    started_at: Mapped[CreatedAt]
    finished_at: Mapped[datetime | None]


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
