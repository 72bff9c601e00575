"""Let the daily summary count the inbox by indexes alone, and the events by a parallel plan.

Two indexes of the inbox carry the columns that are counted. The new ones are built before the
old ones go, so that readers wait for the exchange alone. Statistics of how long events waited
tell the planner that they fall into few groups; the next ANALYZE fills them.
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
    """Let both indexes carry the columns that are counted; keep statistics of the waits."""
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
