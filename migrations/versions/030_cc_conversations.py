"""What customers write, and when their messages arrived."""

from alembic import op

revision = "030_cc_conversations"
down_revision = "029_cc_bulk_jobs"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns without rewriting the tables; the next revision fills what is known."""
    op.execute(
        """
        ALTER TABLE cc_inbound_messages ADD COLUMN text TEXT, ADD COLUMN code TEXT,
            ADD CONSTRAINT ck_cc_inbound_messages_code_known
                CHECK (code IN ('right', 'wrong', 'unchecked')) NOT VALID
        """
    )
    op.execute(
        """
        ALTER TABLE cc_outbound_jobs
            ADD COLUMN delivered_at TIMESTAMP WITH TIME ZONE,
            ADD COLUMN read_at TIMESTAMP WITH TIME ZONE
        """
    )


def downgrade() -> None:
    """Drop the columns with what they hold; the constraint goes with its column."""
    op.execute("ALTER TABLE cc_outbound_jobs DROP COLUMN delivered_at, DROP COLUMN read_at")
    op.execute("ALTER TABLE cc_inbound_messages DROP COLUMN text, DROP COLUMN code")
