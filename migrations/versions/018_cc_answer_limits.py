"""An index by time, to count the messages of the last hour."""

from alembic import op

revision = "018_cc_answer_limits"
down_revision = "017_cc_expired_verifications"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the index."""
    op.execute("CREATE INDEX ix_cc_inbound_messages_created ON cc_inbound_messages (created_at)")


def downgrade() -> None:
    """Drop the index."""
    op.execute("DROP INDEX ix_cc_inbound_messages_created")
