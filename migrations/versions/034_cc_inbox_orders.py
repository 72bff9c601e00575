"""Indexes for the lists of items by urgency and by the last occurrence.

Nothing here blocks the transactions that write. An upgrade that was interrupted begins again.
"""

from alembic import op

revision = "034_cc_inbox_orders"
down_revision = "033_cc_inbox_lanes"
branch_labels = None
depends_on = None

TABLE = "cc_admin_inbox_items"
MOVED = "(lane NOT IN ('open', 'acknowledged') OR last_seen_at <> created_at)"
UNASSIGNED = "(assignee IS NULL AND lane <> 'open')"

INDEXES = {
    "urgent": "(lane, severity, waits_from, id)",
    "newest": f"(lane, severity, last_seen_at, id) WHERE {MOVED}",
    "type_urgent": "(type, lane, severity, waits_from, id)",
    "type_newest": f"(type, lane, severity, last_seen_at, id) WHERE {MOVED}",
    "assignee_urgent": ("(assignee, lane, severity, waits_from, id) WHERE assignee IS NOT NULL"),
    "assignee_newest": (
        f"(assignee, lane, severity, last_seen_at, id) WHERE assignee IS NOT NULL AND {MOVED}"
    ),
    "unassigned_urgent": f"(lane, severity, waits_from, id) WHERE {UNASSIGNED}",
    "unassigned_newest": f"(lane, severity, last_seen_at, id) WHERE {UNASSIGNED} AND {MOVED}",
}
FORMER = {
    "filters": "(type, status, severity, id)",
    "assignee": "(assignee, id) WHERE assignee IS NOT NULL",
    "promised": "(promised_until) WHERE promised_until IS NOT NULL",
    "snoozed": "(id) WHERE snoozed_until IS NOT NULL OR snoozed_occurrences IS NOT NULL",
}

# In a first installation the owner may not act as the role yet, and there are no rows.
PLACE_ITEMS = f"""
DO $do$
DECLARE
    step CONSTANT bigint := 20000;
    last_id bigint;
    first bigint := 0;
BEGIN
    BEGIN
        SET ROLE service_role;
    EXCEPTION WHEN insufficient_privilege THEN
        RETURN;
    END;
    SELECT max(id) INTO last_id FROM {TABLE};
    WHILE first < last_id LOOP
        UPDATE {TABLE} SET lane = lane
        WHERE id > first AND id <= first + step AND (lane <> status OR waits_from <> created_at);
        first := first + step;
        COMMIT;
    END LOOP;
    RESET ROLE;
END $do$
"""  # noqa: S608 - the name from above


def upgrade() -> None:
    """Set the new columns of the rows so far, build the indexes, and drop the former ones."""
    with op.get_context().autocommit_block():
        op.execute(PLACE_ITEMS)
        _replace(FORMER, INDEXES)


def downgrade() -> None:
    """Restore the former indexes."""
    with op.get_context().autocommit_block():
        _replace(INDEXES, FORMER)


def _replace(former: dict[str, str], latter: dict[str, str]) -> None:
    for name, definition in latter.items():
        op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS ix_{TABLE}_{name}")
        op.execute(f"CREATE INDEX CONCURRENTLY ix_{TABLE}_{name} ON {TABLE} {definition}")
    for name in former:
        op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS ix_{TABLE}_{name}")
