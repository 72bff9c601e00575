"""An index for the list of verifications by status."""

from alembic import op

revision = "040_cc_verifications_by_status"
down_revision = "039_cc_web_sessions"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the index. Without it, a rare status reads the whole table."""
    op.execute("CREATE INDEX ix_cc_verification_jobs_status ON cc_verification_jobs (status, id)")


def downgrade() -> None:
    """Drop the index."""
    op.execute("DROP INDEX ix_cc_verification_jobs_status")
