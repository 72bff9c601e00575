"""Rows that sign-ins with unknown names update, so that they take as long as others."""

from alembic import op

from migrations.row_security import drop, protect

revision = "013_cc_sign_in_decoys"
down_revision = "012_cc_summary_indexes"
branch_labels = None
depends_on = None

TABLE = "cc_sign_in_decoys"


def upgrade() -> None:
    """Create 64 rows, so that sign-ins with unknown names seldom wait for each other."""
    op.execute(
        f"""
        CREATE TABLE {TABLE} (
            slot INTEGER NOT NULL,
            attempts BIGINT DEFAULT 0 NOT NULL,
            CONSTRAINT pk_{TABLE} PRIMARY KEY (slot)
        )
        """
    )
    op.execute(f"INSERT INTO {TABLE} (slot) SELECT generate_series(0, 63)")
    protect(TABLE)  # after the rows: from here on the owner may not write


def downgrade() -> None:
    """Drop the table."""
    drop(TABLE)
