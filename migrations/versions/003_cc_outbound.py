"""Outbound messages, their attempts and their history."""

from alembic import op

from migrations.row_security import drop, notify_on_work, protect, touch_on_update

revision = "003_cc_outbound"
down_revision = "002_cc_identity"
branch_labels = None
depends_on = None

TABLES = (
    "cc_outbound_jobs",
    "cc_outbound_attempts",
    "cc_outbound_activity",
)


def upgrade() -> None:
    """Create the tables, with access for `service_role` only."""
    op.execute(
        """
        CREATE TABLE cc_outbound_jobs (
            id BIGINT GENERATED ALWAYS AS IDENTITY,
            kind TEXT NOT NULL,
            status TEXT DEFAULT 'queued' NOT NULL,
            recipient_encrypted TEXT NOT NULL,
            recipient_fingerprint TEXT NOT NULL,
            recipient_masked TEXT NOT NULL,
            text_encrypted TEXT,
            idempotency_key TEXT,
            subject_ref TEXT,
            attempts INTEGER DEFAULT 0 NOT NULL,
            budget INTEGER DEFAULT 1 NOT NULL,
            next_attempt_at TIMESTAMP WITH TIME ZONE DEFAULT now(),
            provider_message_id TEXT,
            last_error TEXT,
            last_error_code INTEGER,
            sent_at TIMESTAMP WITH TIME ZONE,
            failed_at TIMESTAMP WITH TIME ZONE,
            created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
            updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
            CONSTRAINT pk_cc_outbound_jobs PRIMARY KEY (id),
            CONSTRAINT ck_cc_outbound_jobs_status_known
                CHECK (status IN ('queued', 'sent', 'delivered', 'read', 'failed', 'cancelled')),
            CONSTRAINT ck_cc_outbound_jobs_kind_known CHECK (kind IN ('text', 'template', 'otp')),
            CONSTRAINT ck_cc_outbound_jobs_otp_has_no_text
                CHECK ((kind = 'otp') = (text_encrypted IS NULL)),
            CONSTRAINT ck_cc_outbound_jobs_due_while_queued
                CHECK ((status = 'queued') = (next_attempt_at IS NOT NULL)),
            CONSTRAINT ck_cc_outbound_jobs_failed_has_time
                CHECK ((status = 'failed') = (failed_at IS NOT NULL)),
            CONSTRAINT uq_cc_outbound_jobs_idempotency_key UNIQUE (idempotency_key)
        )
        """
    )
    op.execute(
        "CREATE INDEX ix_cc_outbound_jobs_due"
        " ON cc_outbound_jobs (next_attempt_at, id)"
        " WHERE next_attempt_at IS NOT NULL"
    )
    op.execute(
        "CREATE INDEX ix_cc_outbound_jobs_recipient"
        " ON cc_outbound_jobs (recipient_fingerprint, kind, created_at)"
    )
    op.execute("CREATE INDEX ix_cc_outbound_jobs_status ON cc_outbound_jobs (status, id)")
    op.execute("CREATE INDEX ix_cc_outbound_jobs_subject ON cc_outbound_jobs (subject_ref)")
    op.execute(
        "CREATE UNIQUE INDEX uq_cc_outbound_jobs_provider_message_id"
        " ON cc_outbound_jobs (provider_message_id)"
        " WHERE provider_message_id IS NOT NULL"
    )
    op.execute(
        """
        CREATE TABLE cc_outbound_attempts (
            id BIGINT GENERATED ALWAYS AS IDENTITY,
            job_id BIGINT NOT NULL,
            budget INTEGER NOT NULL,
            attempt INTEGER NOT NULL,
            outcome TEXT,
            error TEXT,
            error_code INTEGER,
            provider_message_id TEXT,
            hold_until TIMESTAMP WITH TIME ZONE,
            started_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
            finished_at TIMESTAMP WITH TIME ZONE,
            CONSTRAINT pk_cc_outbound_attempts PRIMARY KEY (id),
            CONSTRAINT ck_cc_outbound_attempts_outcome_known
                CHECK (outcome IN ('sent', 'failed', 'throttled', 'unknown')),
            CONSTRAINT ck_cc_outbound_attempts_finished_has_outcome
                CHECK ((outcome IS NULL) = (finished_at IS NULL)),
            CONSTRAINT fk_cc_outbound_attempts_job_id FOREIGN KEY (job_id)
                REFERENCES cc_outbound_jobs (id) ON DELETE CASCADE
        )
        """
    )
    op.execute("CREATE INDEX ix_cc_outbound_attempts_job ON cc_outbound_attempts (job_id, id)")
    op.execute("CREATE INDEX ix_cc_outbound_attempts_started ON cc_outbound_attempts (started_at)")
    op.execute(
        "CREATE INDEX ix_cc_outbound_attempts_hold"
        " ON cc_outbound_attempts (hold_until)"
        " WHERE hold_until IS NOT NULL"
    )
    op.execute(
        "CREATE INDEX ix_cc_outbound_attempts_message"
        " ON cc_outbound_attempts (provider_message_id)"
        " WHERE provider_message_id IS NOT NULL"
    )
    op.execute(
        """
        CREATE TABLE cc_outbound_activity (
            job_id BIGINT NOT NULL,
            id BIGINT GENERATED ALWAYS AS IDENTITY,
            actor TEXT NOT NULL,
            action TEXT NOT NULL,
            from_status TEXT NOT NULL,
            to_status TEXT NOT NULL,
            note TEXT,
            at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
            CONSTRAINT pk_cc_outbound_activity PRIMARY KEY (id),
            CONSTRAINT fk_cc_outbound_activity_job_id FOREIGN KEY (job_id)
                REFERENCES cc_outbound_jobs (id) ON DELETE CASCADE
        )
        """
    )
    op.execute("CREATE INDEX ix_cc_outbound_activity_job ON cc_outbound_activity (job_id, id)")
    protect(*TABLES)
    touch_on_update("cc_outbound_jobs")
    notify_on_work("cc_outbound_jobs", on_update_of="budget")


def downgrade() -> None:
    """Drop the tables with all that they hold."""
    drop(*reversed(TABLES))
    op.execute("DROP FUNCTION cc_outbound_jobs_notify()")
