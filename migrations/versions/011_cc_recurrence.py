"""Recurrences: a link from event to item, and the count at the last acknowledgement."""

from alembic import op

from migrations.row_security import ROLE

revision = "011_cc_recurrence"
down_revision = "010_cc_automation_center"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add a link from events to items, and allow a count of zero."""
    op.execute("ALTER TABLE cc_automation_events ADD COLUMN item_id BIGINT")
    op.execute(
        "CREATE INDEX ix_cc_automation_events_item ON cc_automation_events (item_id, id)"
        " WHERE item_id IS NOT NULL"
    )
    op.execute("ALTER TABLE cc_admin_inbox_items ADD COLUMN acknowledged_occurrences INTEGER")
    _check_occurrences("occurrences >= 0")


def downgrade() -> None:
    """Drop the links and the counts."""
    op.execute(f"SET LOCAL ROLE {ROLE}")
    op.execute("UPDATE cc_admin_inbox_items SET occurrences = 1 WHERE occurrences = 0")
    op.execute("RESET ROLE")
    _check_occurrences("occurrences >= 1")
    op.execute("ALTER TABLE cc_admin_inbox_items DROP COLUMN acknowledged_occurrences")
    op.execute("ALTER TABLE cc_automation_events DROP COLUMN item_id")


def _check_occurrences(condition: str) -> None:
    name = "ck_cc_admin_inbox_items_occurrences_positive"
    op.execute(
        f"ALTER TABLE cc_admin_inbox_items DROP CONSTRAINT {name},"
        f" ADD CONSTRAINT {name} CHECK ({condition})"
    )
