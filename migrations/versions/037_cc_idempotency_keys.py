"""The answers of calls with an idempotency key."""

from alembic import op

from migrations.row_security import drop, protect

revision = "037_cc_idempotency_keys"
down_revision = "036_cc_notifications"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table, with access for `service_role` only."""
    op.execute(
        """
        CREATE TABLE cc_idempotency_keys (
            key_hash TEXT NOT NULL,
            request_hash TEXT NOT NULL,
            status INTEGER NOT NULL,
            body TEXT NOT NULL,
            expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
            created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
            CONSTRAINT pk_cc_idempotency_keys PRIMARY KEY (key_hash)
        )
        """
    )
    op.execute("CREATE INDEX ix_cc_idempotency_keys_expires ON cc_idempotency_keys (expires_at)")
    protect("cc_idempotency_keys")


def downgrade() -> None:
    """Drop the table with its rows."""
    drop("cc_idempotency_keys")
