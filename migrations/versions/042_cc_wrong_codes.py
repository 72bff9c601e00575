"""Indexes for the wrong codes of a day: of one customer, and of all.

Both hold wrong codes only. Nothing here blocks the transactions that write.
"""

from alembic import op

revision = "042_cc_wrong_codes"
down_revision = "041_cc_inbox_search"
branch_labels = None
depends_on = None

TABLE = "cc_inbound_messages"
INDEXES = {"wrong": "created_at", "wrong_of_customer": "customer_id, created_at"}


def upgrade() -> None:
    """Create the indexes."""
    with op.get_context().autocommit_block():
        for name, columns in INDEXES.items():
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS ix_{TABLE}_{name}")
            op.execute(
                f"CREATE INDEX CONCURRENTLY ix_{TABLE}_{name} ON {TABLE} ({columns})"
                " WHERE code = 'wrong'"
            )


def downgrade() -> None:
    """Drop the indexes."""
    with op.get_context().autocommit_block():
        for name in INDEXES:
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS ix_{TABLE}_{name}")
