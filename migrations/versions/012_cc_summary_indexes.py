"""Indexes by time, so that the daily summary reads only the rows of its day.

Tables whose rows arrive in the order of time get a BRIN index, which adds no measurable cost
to an insert.
"""

from alembic import op

revision = "012_cc_summary_indexes"
down_revision = "011_cc_recurrence"
branch_labels = None
depends_on = None

BRIN = {
    "ix_cc_automation_events_created": "cc_automation_events USING brin (created_at)",
    "ix_cc_outbound_jobs_sent": "cc_outbound_jobs USING brin (sent_at)",
    "ix_cc_verification_jobs_created": "cc_verification_jobs USING brin (created_at)",
    "ix_cc_fraud_cases_created": "cc_fraud_cases USING brin (created_at)",
}
PARTIAL = {
    "ix_cc_automation_events_dead": ("cc_automation_events (dead_at) WHERE dead_at IS NOT NULL"),
    "ix_cc_admin_inbox_items_closed": (
        "cc_admin_inbox_items (closed_at) WHERE closed_at IS NOT NULL"
    ),
}


def upgrade() -> None:
    """Create the indexes."""
    for name, definition in (BRIN | PARTIAL).items():
        op.execute(f"CREATE INDEX {name} ON {definition}")


def downgrade() -> None:
    """Drop the indexes."""
    for name in BRIN | PARTIAL:
        op.execute(f"DROP INDEX {name}")
