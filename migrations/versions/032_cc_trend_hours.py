"""The figures of past hours, which the trends add up."""

from alembic import op

from migrations.row_security import drop, protect

revision = "032_cc_trend_hours"
down_revision = "031_cc_conversations_so_far"
branch_labels = None
depends_on = None

TABLE = "cc_trend_hours"


def upgrade() -> None:
    """Create the table. The periodic job `trend-hours` fills it."""
    op.execute(
        f"""
        CREATE TABLE {TABLE} (
            hour TIMESTAMP WITH TIME ZONE NOT NULL,
            figures JSONB NOT NULL,
            is_settled BOOLEAN NOT NULL,
            counted_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
            CONSTRAINT pk_{TABLE} PRIMARY KEY (hour)
        )
        """
    )
    protect(TABLE)


def downgrade() -> None:
    """Drop the table. Its figures can be counted again."""
    drop(TABLE)
