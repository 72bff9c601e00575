"""The order of a customer's outbound messages."""

from alembic import op

revision = "020_cc_outbound_order"
down_revision = "019_cc_fraud_case_messages"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the job that a job waits for, and index queued jobs by customer."""
    op.execute("ALTER TABLE cc_outbound_jobs ADD COLUMN waits_for BIGINT")
    op.execute(
        "CREATE INDEX ix_cc_outbound_jobs_queued ON cc_outbound_jobs (customer_id, id)"
        " WHERE next_attempt_at IS NOT NULL"
    )
    op.execute(
        "CREATE INDEX ix_cc_outbound_jobs_waiting ON cc_outbound_jobs (waits_for)"
        " WHERE waits_for IS NOT NULL"
    )


def downgrade() -> None:
    """Drop the column and the indexes."""
    op.execute("DROP INDEX ix_cc_outbound_jobs_waiting")
    op.execute("DROP INDEX ix_cc_outbound_jobs_queued")
    op.execute("ALTER TABLE cc_outbound_jobs DROP COLUMN waits_for")
