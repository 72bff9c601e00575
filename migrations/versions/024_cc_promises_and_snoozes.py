"""Promises, snoozes and the reasons of dismissals."""

from alembic import op

revision = "024_cc_promises_and_snoozes"
down_revision = "023_cc_cases_by_status"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns without rewriting the tables, and small indexes for the rare rows."""
    op.execute(
        """
        ALTER TABLE cc_admin_inbox_items
            ADD COLUMN promised_until TIMESTAMPTZ,
            ADD COLUMN promised_by TEXT,
            ADD COLUMN snoozed_occurrences INTEGER,
            ADD COLUMN dismiss_reason TEXT,
            ADD CONSTRAINT ck_cc_admin_inbox_items_promise_has_author
                CHECK ((promised_until IS NULL) = (promised_by IS NULL)),
            ADD CONSTRAINT ck_cc_admin_inbox_items_dismiss_reason_known
                CHECK (dismiss_reason IN ('false_alarm', 'duplicate', 'customer_withdrew',
                    'no_contact', 'handled_elsewhere', 'not_ours', 'known_issue', 'test', 'other'))
        """
    )
    op.execute(
        """
        ALTER TABLE cc_admin_inbox_activity
            ADD COLUMN until TIMESTAMPTZ,
            ADD COLUMN reason TEXT,
            ADD COLUMN before JSONB
        """
    )
    op.execute(
        """
        CREATE INDEX ix_cc_admin_inbox_items_promised ON cc_admin_inbox_items (promised_until)
        WHERE promised_until IS NOT NULL
        """
    )
    op.execute(
        """
        CREATE INDEX ix_cc_admin_inbox_items_snoozed ON cc_admin_inbox_items (id)
        WHERE snoozed_until IS NOT NULL OR snoozed_occurrences IS NOT NULL
        """
    )


def downgrade() -> None:
    """Drop the columns with what they hold; their constraints and indexes go with them."""
    op.execute(
        "ALTER TABLE cc_admin_inbox_activity"
        " DROP COLUMN until, DROP COLUMN reason, DROP COLUMN before"
    )
    op.execute("DROP INDEX ix_cc_admin_inbox_items_snoozed")
    op.execute(
        """
        ALTER TABLE cc_admin_inbox_items
            DROP COLUMN promised_until, DROP COLUMN promised_by,
            DROP COLUMN snoozed_occurrences, DROP COLUMN dismiss_reason
        """
    )
