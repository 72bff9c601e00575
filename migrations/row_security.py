"""Helpers for migrations: row security, `updated_at` and NOTIFY triggers."""

from alembic import op

ROLE = "service_role"


def protect(*tables: str) -> None:
    """Enable and force row-level security on `tables`, with access for `service_role` only."""
    for table in tables:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY {table}_service ON {table} TO {ROLE} USING (true) WITH CHECK (true)"
        )
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {ROLE}")


def touch_on_update(*tables: str) -> None:
    """Create a trigger that sets `updated_at` of `tables` on every update.

    A statement that sets `updated_at` itself does not call the function. Bulk updates do this,
    because one call per row would slow them down.
    """
    for table in tables:
        op.execute(
            f"CREATE TRIGGER {table}_touch BEFORE UPDATE ON {table}"
            " FOR EACH ROW WHEN (NEW.updated_at IS NOT DISTINCT FROM OLD.updated_at)"
            " EXECUTE FUNCTION cc_touch_updated_at()"
        )


def change_rows(statement: str) -> None:
    """Execute a statement on the rows of existing tables, which only `service_role` sees.

    In a first installation the owner may not act as the role yet, and there are no rows.
    """
    op.execute(
        f"""
        DO $do$ BEGIN
            EXECUTE 'SET LOCAL ROLE {ROLE}';
            {statement};
            EXECUTE 'RESET ROLE';
        EXCEPTION WHEN insufficient_privilege THEN NULL;
        END $do$
        """
    )


def drop(*tables: str) -> None:
    """Drop `tables`, in the order given, with their policies and triggers."""
    for table in tables:
        op.execute(f"DROP TABLE {table}")


def notify_on_work(table: str, *, on_update_of: str) -> None:
    """NOTIFY the channel `table` once per statement that inserts rows or sets `on_update_of`.

    NOTIFY takes a lock at commit. The session setting `automation.notify = off` avoids it.
    """
    op.execute(
        f"""
        CREATE FUNCTION {table}_notify() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF current_setting('automation.notify', true) IS DISTINCT FROM 'off' THEN
                PERFORM pg_notify('{table}', '');
            END IF;
            RETURN NULL;
        END $$
        """
    )
    op.execute(
        f"CREATE TRIGGER {table}_notify AFTER INSERT OR UPDATE OF {on_update_of} ON {table}"
        f" FOR EACH STATEMENT EXECUTE FUNCTION {table}_notify()"
    )
