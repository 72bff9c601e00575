"""Bulk jobs and their targets."""

from alembic import op

from migrations.row_security import drop, notify_on_work, protect

revision = "029_cc_bulk_jobs"
down_revision = "028_cc_inbox_changes"
branch_labels = None
depends_on = None

TABLES = ("cc_bulk_jobs", "cc_bulk_targets")


def upgrade() -> None:
    """Create both tables. A started job wakes the workers."""
    op.execute(
        """
        CREATE TABLE cc_bulk_jobs (
            id BIGINT GENERATED ALWAYS AS IDENTITY,
            subject TEXT NOT NULL,
            action TEXT NOT NULL,
            arguments JSONB NOT NULL,
            selection JSONB NOT NULL,
            author TEXT NOT NULL,
            status TEXT DEFAULT 'planned' NOT NULL,
            total INTEGER DEFAULT 0 NOT NULL,
            is_capped BOOLEAN DEFAULT false NOT NULL,
            done INTEGER DEFAULT 0 NOT NULL,
            skipped INTEGER DEFAULT 0 NOT NULL,
            next_at TIMESTAMP WITH TIME ZONE,
            canary_id BIGINT,
            stop_reason TEXT,
            cancelled_by TEXT,
            undoes BIGINT,
            created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
            started_at TIMESTAMP WITH TIME ZONE,
            finished_at TIMESTAMP WITH TIME ZONE,
            CONSTRAINT pk_cc_bulk_jobs PRIMARY KEY (id),
            CONSTRAINT ck_cc_bulk_jobs_subject_known
                CHECK (subject IN ('items', 'events', 'messages')),
            CONSTRAINT ck_cc_bulk_jobs_status_known
                CHECK (status IN ('planned', 'running', 'done', 'cancelled', 'stopped')),
            CONSTRAINT ck_cc_bulk_jobs_due_while_running
                CHECK ((status = 'running') = (next_at IS NOT NULL)),
            CONSTRAINT ck_cc_bulk_jobs_finished_has_time
                CHECK ((status IN ('done', 'cancelled', 'stopped')) = (finished_at IS NOT NULL)),
            CONSTRAINT ck_cc_bulk_jobs_counts_sane
                CHECK (total >= 0 AND done >= 0 AND skipped >= 0 AND done + skipped <= total),
            CONSTRAINT fk_cc_bulk_jobs_undoes FOREIGN KEY (undoes)
                REFERENCES cc_bulk_jobs (id) ON DELETE SET NULL
        )
        """
    )
    op.execute(
        "CREATE INDEX ix_cc_bulk_jobs_due ON cc_bulk_jobs (next_at) WHERE next_at IS NOT NULL"
    )
    op.execute(
        "CREATE UNIQUE INDEX uq_cc_bulk_jobs_undoes ON cc_bulk_jobs (undoes)"
        " WHERE undoes IS NOT NULL"
    )
    op.execute(
        """
        CREATE TABLE cc_bulk_targets (
            job_id BIGINT NOT NULL,
            target_id BIGINT NOT NULL,
            version INTEGER,
            version_after INTEGER,
            outcome TEXT,
            reason TEXT,
            CONSTRAINT pk_cc_bulk_targets PRIMARY KEY (job_id, target_id),
            CONSTRAINT ck_cc_bulk_targets_outcome_known CHECK (outcome IN ('done', 'skipped')),
            CONSTRAINT fk_cc_bulk_targets_job_id FOREIGN KEY (job_id)
                REFERENCES cc_bulk_jobs (id) ON DELETE CASCADE
        )
        """
    )
    protect(*TABLES)
    notify_on_work("cc_bulk_jobs", on_update_of="started_at")


def downgrade() -> None:
    """Drop the tables with what they hold."""
    drop(*reversed(TABLES))
    op.execute("DROP FUNCTION cc_bulk_jobs_notify()")
