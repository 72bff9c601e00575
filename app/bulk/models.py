"""The tables of bulk jobs."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base, BigId, CreatedAt


class Subject(StrEnum):
    """What a job acts on."""

    ITEMS = "items"
    EVENTS = "events"
    MESSAGES = "messages"


class JobStatus(StrEnum):
    """The states of a job, drawn in `docs/architecture.md`."""

    PLANNED = "planned"
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"
    STOPPED = "stopped"
    """The first retry failed, so the others were not tried."""


class TargetOutcome(StrEnum):
    """How the action on one target ended. It is NULL while the target waits for its turn."""

    DONE = "done"
    SKIPPED = "skipped"


class BulkJob(Base):
    """One action on many targets, planned by a person and done by the workers.

    `selection` is the ids or the filter of the plan, for people to read: the targets are stored
    in `cc_bulk_targets`. `total` counts them; `is_capped` tells that more matched. The next
    batch of a running job is due at `next_at`. `canary_id` is the target whose retry is awaited
    before the others are retried. `undoes` is the job that this one undoes.
    """

    __tablename__ = "cc_bulk_jobs"
    __table_args__ = (
        CheckConstraint("subject IN ('items', 'events', 'messages')", name="subject_known"),
        CheckConstraint(
            "status IN ('planned', 'running', 'done', 'cancelled', 'stopped')", name="status_known"
        ),
        CheckConstraint("(status = 'running') = (next_at IS NOT NULL)", name="due_while_running"),
        CheckConstraint(
            "(status IN ('done', 'cancelled', 'stopped')) = (finished_at IS NOT NULL)",
            name="finished_has_time",
        ),
        CheckConstraint(
            "total >= 0 AND done >= 0 AND skipped >= 0 AND done + skipped <= total",
            name="counts_sane",
        ),
        Index("ix_cc_bulk_jobs_due", "next_at", postgresql_where=text("next_at IS NOT NULL")),
        Index(
            "uq_cc_bulk_jobs_undoes",
            "undoes",
            unique=True,
            postgresql_where=text("undoes IS NOT NULL"),
        ),
    )

    id: Mapped[BigId]
    subject: Mapped[str]
    action: Mapped[str]
    arguments: Mapped[dict[str, Any]]
    selection: Mapped[dict[str, Any]]
    author: Mapped[str]
    status: Mapped[str] = mapped_column(server_default=text("'planned'"))
    total: Mapped[int] = mapped_column(server_default=text("0"))
    is_capped: Mapped[bool] = mapped_column(server_default=text("false"))
    done: Mapped[int] = mapped_column(server_default=text("0"))
    skipped: Mapped[int] = mapped_column(server_default=text("0"))
    next_at: Mapped[datetime | None]
    canary_id: Mapped[int | None] = mapped_column(BigInteger)
    stop_reason: Mapped[str | None]
    cancelled_by: Mapped[str | None]
    undoes: Mapped[int | None] = mapped_column(ForeignKey("cc_bulk_jobs.id", ondelete="SET NULL"))
    created_at: Mapped[CreatedAt]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


class BulkTarget(Base):
    """One item, event or message of a job.

    `version` is the version at the plan: a target that changes before its turn is skipped.
    `version_after` is the version that the action made, which the undo of the job expects.
    `reason` says why a target was skipped.
    """

    __tablename__ = "cc_bulk_targets"
    __table_args__ = (CheckConstraint("outcome IN ('done', 'skipped')", name="outcome_known"),)

    job_id: Mapped[int] = mapped_column(
        ForeignKey("cc_bulk_jobs.id", ondelete="CASCADE"), primary_key=True
    )
    target_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    version: Mapped[int | None]
    version_after: Mapped[int | None]
    outcome: Mapped[str | None]
    reason: Mapped[str | None]
