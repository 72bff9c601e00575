"""The automation center: outbox, inbox, summaries, runs and heartbeats."""

from alembic import op

from migrations.row_security import drop, notify_on_work, protect, touch_on_update

revision = "010_cc_automation_center"
down_revision = "004_cc_fraud"
branch_labels = None
depends_on = None

TABLES = (
    "cc_automation_events",
    "cc_automation_event_attempts",
    "cc_automation_event_activity",
    "cc_admin_inbox_items",
    "cc_admin_inbox_activity",
    "cc_daily_summaries",
    "cc_job_runs",
    "cc_heartbeats",
)


def upgrade() -> None:
    """Create the tables, with access for `service_role` only."""
    op.execute(
        """
        CREATE TABLE cc_automation_events (
            id BIGINT GENERATED ALWAYS AS IDENTITY,
            event_type TEXT NOT NULL,
            status TEXT DEFAULT 'pending' NOT NULL,
            dedupe_key TEXT NOT NULL,
            payload JSONB NOT NULL,
            subject_ref TEXT NOT NULL,
            attempts INTEGER DEFAULT 0 NOT NULL,
            budget INTEGER DEFAULT 1 NOT NULL,
            next_attempt_at TIMESTAMP WITH TIME ZONE DEFAULT now(),
            last_error TEXT,
            error_fingerprint TEXT,
            sent_at TIMESTAMP WITH TIME ZONE,
            dead_at TIMESTAMP WITH TIME ZONE,
            trace_context TEXT,
            created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
            updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
            CONSTRAINT pk_cc_automation_events PRIMARY KEY (id),
            CONSTRAINT ck_cc_automation_events_status_known
                CHECK (status IN ('pending', 'sent', 'failed')),
            CONSTRAINT ck_cc_automation_events_sent_has_time
                CHECK ((status = 'sent') = (sent_at IS NOT NULL)),
            CONSTRAINT ck_cc_automation_events_dead_is_failed
                CHECK (dead_at IS NULL OR status = 'failed'),
            CONSTRAINT ck_cc_automation_events_due_until_final
                CHECK ((next_attempt_at IS NULL) = (sent_at IS NOT NULL OR dead_at IS NOT NULL)),
            CONSTRAINT ck_cc_automation_events_counts_sane CHECK (attempts >= 0 AND budget >= 1),
            CONSTRAINT uq_cc_automation_events_dedupe_key UNIQUE (dedupe_key)
        ) WITH (
            fillfactor = 90,
            autovacuum_vacuum_scale_factor = 0.02,
            autovacuum_vacuum_cost_delay = 0
        )
        """
    )
    op.execute(
        "CREATE INDEX ix_cc_automation_events_due"
        " ON cc_automation_events (next_attempt_at, id)"
        " WHERE next_attempt_at IS NOT NULL"
    )
    op.execute(
        "CREATE INDEX ix_cc_automation_events_failed"
        " ON cc_automation_events (id)"
        " WHERE status = 'failed'"
    )
    op.execute("CREATE INDEX ix_cc_automation_events_subject ON cc_automation_events (subject_ref)")
    op.execute("CREATE INDEX ix_cc_automation_events_type ON cc_automation_events (event_type, id)")
    op.execute(
        """
        CREATE TABLE cc_automation_event_attempts (
            id BIGINT GENERATED ALWAYS AS IDENTITY,
            event_id BIGINT NOT NULL,
            budget INTEGER NOT NULL,
            attempt INTEGER NOT NULL,
            error TEXT NOT NULL,
            error_fingerprint TEXT NOT NULL,
            worker TEXT NOT NULL,
            at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
            CONSTRAINT pk_cc_automation_event_attempts PRIMARY KEY (id),
            CONSTRAINT fk_cc_automation_event_attempts_event_id FOREIGN KEY (event_id)
                REFERENCES cc_automation_events (id) ON DELETE CASCADE
        )
        """
    )
    op.execute(
        "CREATE INDEX ix_cc_automation_event_attempts_event"
        " ON cc_automation_event_attempts (event_id, id)"
    )
    op.execute(
        """
        CREATE TABLE cc_automation_event_activity (
            event_id BIGINT NOT NULL,
            id BIGINT GENERATED ALWAYS AS IDENTITY,
            actor TEXT NOT NULL,
            action TEXT NOT NULL,
            from_status TEXT NOT NULL,
            to_status TEXT NOT NULL,
            note TEXT,
            at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
            CONSTRAINT pk_cc_automation_event_activity PRIMARY KEY (id),
            CONSTRAINT fk_cc_automation_event_activity_event_id FOREIGN KEY (event_id)
                REFERENCES cc_automation_events (id) ON DELETE CASCADE
        )
        """
    )
    op.execute(
        "CREATE INDEX ix_cc_automation_event_activity_event"
        " ON cc_automation_event_activity (event_id, id)"
    )
    op.execute(
        """
        CREATE TABLE cc_admin_inbox_items (
            id BIGINT GENERATED ALWAYS AS IDENTITY,
            type TEXT NOT NULL,
            severity TEXT NOT NULL,
            title TEXT NOT NULL,
            body TEXT NOT NULL,
            status TEXT DEFAULT 'open' NOT NULL,
            link_ref TEXT,
            dedupe_key TEXT NOT NULL,
            group_key TEXT,
            occurrences INTEGER DEFAULT 1 NOT NULL,
            assignee TEXT,
            snoozed_until TIMESTAMP WITH TIME ZONE,
            version INTEGER DEFAULT 1 NOT NULL,
            event_id BIGINT,
            created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
            last_seen_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
            closed_at TIMESTAMP WITH TIME ZONE,
            updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
            CONSTRAINT pk_cc_admin_inbox_items PRIMARY KEY (id),
            CONSTRAINT ck_cc_admin_inbox_items_status_known
                CHECK (status IN ('open', 'acknowledged', 'resolved', 'dismissed')),
            CONSTRAINT ck_cc_admin_inbox_items_severity_known
                CHECK (severity IN ('info', 'warning', 'error', 'critical')),
            CONSTRAINT ck_cc_admin_inbox_items_closed_has_time
                CHECK ((status IN ('resolved', 'dismissed')) = (closed_at IS NOT NULL)),
            CONSTRAINT ck_cc_admin_inbox_items_occurrences_positive CHECK (occurrences >= 1),
            CONSTRAINT uq_cc_admin_inbox_items_dedupe_key UNIQUE (dedupe_key),
            CONSTRAINT fk_cc_admin_inbox_items_event_id FOREIGN KEY (event_id)
                REFERENCES cc_automation_events (id) ON DELETE SET NULL
        )
        """
    )
    op.execute(
        "CREATE INDEX ix_cc_admin_inbox_items_assignee"
        " ON cc_admin_inbox_items (assignee, id)"
        " WHERE assignee IS NOT NULL"
    )
    op.execute("CREATE INDEX ix_cc_admin_inbox_items_event ON cc_admin_inbox_items (event_id)")
    op.execute(
        "CREATE INDEX ix_cc_admin_inbox_items_filters"
        " ON cc_admin_inbox_items (type, status, severity, id)"
    )
    op.execute(
        "CREATE INDEX ix_cc_admin_inbox_items_severity"
        " ON cc_admin_inbox_items (status, severity, id)"
    )
    op.execute(
        "CREATE UNIQUE INDEX uq_cc_admin_inbox_items_open_group"
        " ON cc_admin_inbox_items (group_key)"
        " WHERE status IN ('open', 'acknowledged') AND group_key IS NOT NULL"
    )
    op.execute(
        """
        CREATE TABLE cc_admin_inbox_activity (
            item_id BIGINT NOT NULL,
            id BIGINT GENERATED ALWAYS AS IDENTITY,
            actor TEXT NOT NULL,
            action TEXT NOT NULL,
            from_status TEXT NOT NULL,
            to_status TEXT NOT NULL,
            note TEXT,
            at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
            CONSTRAINT pk_cc_admin_inbox_activity PRIMARY KEY (id),
            CONSTRAINT fk_cc_admin_inbox_activity_item_id FOREIGN KEY (item_id)
                REFERENCES cc_admin_inbox_items (id) ON DELETE CASCADE
        )
        """
    )
    op.execute(
        "CREATE INDEX ix_cc_admin_inbox_activity_item ON cc_admin_inbox_activity (item_id, id)"
    )
    op.execute(
        """
        CREATE TABLE cc_daily_summaries (
            id BIGINT GENERATED ALWAYS AS IDENTITY,
            business_date DATE NOT NULL,
            summary JSONB NOT NULL,
            created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
            updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
            CONSTRAINT pk_cc_daily_summaries PRIMARY KEY (id),
            CONSTRAINT uq_cc_daily_summaries_business_date UNIQUE (business_date)
        )
        """
    )
    op.execute(
        """
        CREATE TABLE cc_job_runs (
            id BIGINT GENERATED ALWAYS AS IDENTITY,
            job TEXT NOT NULL,
            slot TEXT NOT NULL,
            outcome TEXT,
            detail JSONB,
            started_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
            finished_at TIMESTAMP WITH TIME ZONE,
            CONSTRAINT pk_cc_job_runs PRIMARY KEY (id),
            CONSTRAINT uq_cc_job_runs_job_slot UNIQUE (job, slot),
            CONSTRAINT ck_cc_job_runs_outcome_known
                CHECK (outcome IS NULL OR outcome IN ('done', 'failed')),
            CONSTRAINT ck_cc_job_runs_finished_has_outcome
                CHECK ((outcome IS NULL) = (finished_at IS NULL))
        )
        """
    )
    op.execute(
        """
        CREATE TABLE cc_heartbeats (
            name TEXT NOT NULL,
            at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
            CONSTRAINT pk_cc_heartbeats PRIMARY KEY (name)
        )
        """
    )
    protect(*TABLES)
    touch_on_update("cc_automation_events", "cc_admin_inbox_items", "cc_daily_summaries")
    notify_on_work("cc_automation_events", on_update_of="budget")


def downgrade() -> None:
    """Drop the tables with all that they hold."""
    drop(*reversed(TABLES))
    op.execute("DROP FUNCTION cc_automation_events_notify()")
