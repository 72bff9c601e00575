"""The assignee before and after an action, which undo needs."""

from alembic import op

revision = "022_cc_assignees_in_history"
down_revision = "021_cc_summary_covering"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the two columns; older entries do not know them."""
    op.execute(
        "ALTER TABLE cc_admin_inbox_activity"
        " ADD COLUMN from_assignee TEXT, ADD COLUMN to_assignee TEXT"
    )


def downgrade() -> None:
    """Drop the columns with what they hold."""
    op.execute(
        "ALTER TABLE cc_admin_inbox_activity DROP COLUMN from_assignee, DROP COLUMN to_assignee"
    )
