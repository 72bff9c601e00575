"""The quarantine of webhook parts that a release could not use."""

from alembic import op

from migrations.row_security import drop, protect

revision = "015_cc_quarantine"
down_revision = "014_cc_outbound_channel"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table, with access for `service_role` only."""
    op.execute(
        """
        CREATE TABLE cc_quarantined_parts (
            id BIGINT GENERATED ALWAYS AS IDENTITY,
            kind TEXT NOT NULL,
            fault TEXT NOT NULL,
            body_encrypted TEXT NOT NULL,
            fingerprint TEXT NOT NULL,
            expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
            created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
            CONSTRAINT pk_cc_quarantined_parts PRIMARY KEY (id),
            CONSTRAINT uq_cc_quarantined_parts_fingerprint UNIQUE (fingerprint)
        )
        """
    )
    op.execute("CREATE INDEX ix_cc_quarantined_parts_kind ON cc_quarantined_parts (kind, id)")
    op.execute("CREATE INDEX ix_cc_quarantined_parts_expires ON cc_quarantined_parts (expires_at)")
    protect("cc_quarantined_parts")


def downgrade() -> None:
    """Drop the table with its rows."""
    drop("cc_quarantined_parts")
