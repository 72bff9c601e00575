"""The tables of periodic runs and heartbeats."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base, BigId, CreatedAt


class JobRun(Base):
    """One planned run of a periodic job. The UNIQUE slot ensures that it runs once."""

    __tablename__ = "cc_job_runs"
    __table_args__ = (
        UniqueConstraint("job", "slot"),
        CheckConstraint("outcome IS NULL OR outcome IN ('done', 'failed')", name="outcome_known"),
        CheckConstraint("(outcome IS NULL) = (finished_at IS NULL)", name="finished_has_outcome"),
    )

    id: Mapped[BigId]
    job: Mapped[str]
    slot: Mapped[str]
    outcome: Mapped[str | None]
    detail: Mapped[dict[str, Any] | None]
    started_at: Mapped[CreatedAt]
    finished_at: Mapped[datetime | None]


class Heartbeat(Base):
    """The last heartbeat of a process, e.g. `beat`."""

    __tablename__ = "cc_heartbeats"

    name: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[CreatedAt]
