"""Exports as CSV, and indexes for the acts of a person."""

from alembic import op

from migrations.row_security import drop, protect

revision = "038_cc_exports"
down_revision = "037_cc_idempotency_keys"
branch_labels = None
depends_on = None

HISTORIES = ("cc_admin_inbox_activity", "cc_automation_event_activity", "cc_outbound_activity")


def upgrade() -> None:
    """Create the table and the indexes. Acts of people wait while their index is built."""
    op.execute(
        """
        CREATE TABLE cc_exports (
            id BIGINT GENERATED ALWAYS AS IDENTITY,
            actor TEXT NOT NULL,
            list TEXT NOT NULL,
            filter JSONB NOT NULL,
            rows INTEGER DEFAULT 0 NOT NULL,
            outcome TEXT,
            started_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
            finished_at TIMESTAMP WITH TIME ZONE,
            CONSTRAINT pk_cc_exports PRIMARY KEY (id),
            CONSTRAINT ck_cc_exports_outcome_known
                CHECK (outcome IN ('complete', 'cut', 'aborted', 'failed')),
            CONSTRAINT ck_cc_exports_finished_has_outcome
                CHECK ((outcome IS NULL) = (finished_at IS NULL))
        )
        """
    )
    op.execute("CREATE INDEX ix_cc_exports_actor ON cc_exports (actor, started_at, id)")
    protect("cc_exports")
    for table in HISTORIES:
        op.execute(f"CREATE INDEX ix_{table}_actor ON {table} (actor, at, id) INCLUDE (action)")


def downgrade() -> None:
    """Drop the indexes, and the table with the record of all exports."""
    for table in HISTORIES:
        op.execute(f"DROP INDEX ix_{table}_actor")
    drop("cc_exports")
