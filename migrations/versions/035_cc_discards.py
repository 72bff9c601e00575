"""Discards of failed events and messages, and indexes that group the failed ones."""

from alembic import op

revision = "035_cc_discards"
down_revision = "034_cc_inbox_orders"
branch_labels = None
depends_on = None

_IS_FAILED = "status = 'failed' AND discarded_at IS NULL"


def upgrade() -> None:
    """Add the columns without rewriting the tables, and partial indexes of the failed rows."""
    for table, is_final in (
        ("cc_automation_events", "dead_at IS NOT NULL"),
        ("cc_outbound_jobs", "failed_at IS NOT NULL"),
    ):
        op.execute(
            f"""
            ALTER TABLE {table}
                ADD COLUMN discarded_at TIMESTAMP WITH TIME ZONE,
                ADD COLUMN discarded_by TEXT,
                ADD COLUMN discard_reason TEXT,
                ADD CONSTRAINT ck_{table}_discarded_has_author
                    CHECK ((discarded_at IS NULL) = (discarded_by IS NULL)),
                ADD CONSTRAINT ck_{table}_discarded_is_final
                    CHECK (discarded_at IS NULL OR {is_final})
            """
        )
        op.execute(
            f"CREATE INDEX ix_{table}_discarded ON {table} (id) WHERE discarded_at IS NOT NULL"
        )
    op.execute(
        "CREATE INDEX ix_cc_automation_events_failures"
        " ON cc_automation_events (event_type, coalesce(error_fingerprint, ''), id)"
        f" INCLUDE (dead_at) WHERE {_IS_FAILED}"
    )
    op.execute(
        "CREATE INDEX ix_cc_outbound_jobs_failures"
        f" ON cc_outbound_jobs (coalesce(last_error, ''), id) WHERE {_IS_FAILED}"
    )


def downgrade() -> None:
    """Drop the columns with what they hold; their constraints and indexes go with them."""
    for table in ("cc_automation_events", "cc_outbound_jobs"):
        op.execute(f"DROP INDEX ix_{table}_failures")
        op.execute(f"DROP INDEX ix_{table}_discarded")
        op.execute(
            f"ALTER TABLE {table} DROP COLUMN discarded_at, DROP COLUMN discarded_by,"
            " DROP COLUMN discard_reason"
        )
