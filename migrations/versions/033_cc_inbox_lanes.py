"""The lane of an item, and since when it waits; a trigger keeps both."""

from alembic import op

revision = "033_cc_inbox_lanes"
down_revision = "032_cc_trend_hours"
branch_labels = None
depends_on = None

TABLE = "cc_admin_inbox_items"
COLUMNS = (
    "status, snoozed_until, snoozed_occurrences, promised_until, occurrences, created_at, lane"
)


def upgrade() -> None:
    """Add the columns without rewriting the table, and the triggers.

    The defaults are those of a new item. So the trigger of an insert calls its function for
    items alone that are inserted in another state.
    """
    op.execute(
        f"ALTER TABLE {TABLE} ADD COLUMN lane TEXT DEFAULT 'open' NOT NULL,"
        " ADD COLUMN waits_from TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL"
    )
    op.execute(
        """
        CREATE FUNCTION cc_place_item() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            NEW.lane := CASE
                WHEN NEW.status IN ('resolved', 'dismissed') THEN NEW.status
                WHEN NEW.snoozed_until IS NOT NULL
                    OR NEW.occurrences <= NEW.snoozed_occurrences THEN 'snoozed'
                WHEN NEW.promised_until IS NOT NULL THEN NEW.status || '_promised'
                ELSE NEW.status
            END;
            NEW.waits_from := CASE
                WHEN NEW.status IN ('resolved', 'dismissed') THEN NEW.created_at
                ELSE coalesce(least(
                    CASE WHEN NEW.occurrences <= NEW.snoozed_occurrences
                         THEN '9999-12-31 00:00+00'::timestamptz ELSE NEW.snoozed_until END,
                    NEW.promised_until), NEW.created_at)
            END;
            RETURN NEW;
        END $$
        """
    )
    op.execute(
        f"CREATE TRIGGER {TABLE}_place_new BEFORE INSERT ON {TABLE} FOR EACH ROW"
        " WHEN (NEW.status <> 'open' OR NEW.created_at <> NEW.waits_from"
        " OR NEW.snoozed_until IS NOT NULL OR NEW.snoozed_occurrences IS NOT NULL"
        " OR NEW.promised_until IS NOT NULL) EXECUTE FUNCTION cc_place_item()"
    )
    op.execute(
        f"CREATE TRIGGER {TABLE}_place BEFORE UPDATE OF {COLUMNS} ON {TABLE}"
        " FOR EACH ROW EXECUTE FUNCTION cc_place_item()"
    )


def downgrade() -> None:
    """Drop the columns and the triggers."""
    op.execute(f"DROP TRIGGER {TABLE}_place ON {TABLE}")
    op.execute(f"DROP TRIGGER {TABLE}_place_new ON {TABLE}")
    op.execute("DROP FUNCTION cc_place_item()")
    op.execute(f"ALTER TABLE {TABLE} DROP COLUMN lane, DROP COLUMN waits_from")
