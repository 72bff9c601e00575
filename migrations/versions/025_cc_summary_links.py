"""The items of daily summaries link to the page of their summary."""

from alembic import op

revision = "025_cc_summary_links"
down_revision = "024_cc_promises_and_snoozes"
branch_labels = None
depends_on = None

TABLE = "cc_admin_inbox_items"
TYPE = "daily_operational_summary_ready"


def upgrade() -> None:
    """Derive the link from the dedupe key, which ends with the date."""
    _link(f"'/automation/summaries/' || substr(dedupe_key, length('{TYPE}:') + 1)")


def downgrade() -> None:
    """Link to the overview again."""
    _link("'/automation/overview'")


def _link(path: str) -> None:
    """Set the links as the owner, who sees the rows only while row security is not forced."""
    op.execute(f"ALTER TABLE {TABLE} NO FORCE ROW LEVEL SECURITY")
    op.execute(f"UPDATE {TABLE} SET link_ref = {path} WHERE type = '{TYPE}'")  # noqa: S608 - constants
    op.execute(f"ALTER TABLE {TABLE} FORCE ROW LEVEL SECURITY")
