"""What each API token may do, and when it was last used. Earlier tokens keep all rights."""

from alembic import op

revision = "045_cc_token_scopes"
down_revision = "044_cc_history_kept"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns. Neither rewrites the table."""
    op.execute(
        """
        ALTER TABLE cc_api_tokens
            ADD scopes TEXT[] DEFAULT ARRAY['read', 'act', 'metrics'] NOT NULL,
            ADD last_used_at TIMESTAMP WITH TIME ZONE,
            ADD CONSTRAINT ck_cc_api_tokens_scopes_known
                CHECK (scopes <> '{}' AND scopes <@ ARRAY['read', 'act', 'metrics'])
        """
    )


def downgrade() -> None:
    """Drop the columns."""
    op.execute("ALTER TABLE cc_api_tokens DROP scopes, DROP last_used_at")
