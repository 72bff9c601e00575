"""Indexes and statistics for the daily summary.

Two inbox indexes get the counted columns, so that index-only scans count the inbox. They are
built before the old indexes are dropped, so that readers wait only for the exchange. Statistics
of the waits of events tell the planner that there are few groups, so that it chooses a parallel
plan. The next ANALYZE fills them.
"""

from alembic import op

revision = "021_cc_summary_covering"
down_revision = "020_cc_outbound_order"
branch_labels = None
depends_on = None

TABLE = "cc_admin_inbox_items"
CLOSED = f"ix_{TABLE}_closed"
SEVERITY = f"ix_{TABLE}_severity"
COVERING = {
    CLOSED: "(closed_at) INCLUDE (severity, created_at) WHERE closed_at IS NOT NULL",
    SEVERITY: "(status, severity, id) INCLUDE (created_at)",
}
PLAIN = {
    CLOSED: "(closed_at) WHERE closed_at IS NOT NULL",
    SEVERITY: "(status, severity, id)",
}
WAIT = """
CREATE STATISTICS st_cc_automation_events_wait ON (
    CASE WHEN sent_at - created_at < '1 minute'::interval
         THEN date_trunc('millisecond', sent_at - created_at)
         ELSE date_trunc('second', sent_at - created_at) END
) FROM cc_automation_events
"""


def upgrade() -> None:
    """Add the counted columns to both indexes, and create the statistics."""
    _exchange(COVERING)
    op.execute(WAIT)


def downgrade() -> None:
    """Build both indexes without the columns; drop the statistics."""
    op.execute("DROP STATISTICS st_cc_automation_events_wait")
    _exchange(PLAIN)


def _exchange(definitions: dict[str, str]) -> None:
    for name, definition in definitions.items():
        op.execute(f"CREATE INDEX {name}_new ON {TABLE} {definition}")
    for name in definitions:
        op.execute(f"DROP INDEX {name}")
        op.execute(f"ALTER INDEX {name}_new RENAME TO {name}")
