"""History can be added to and read, and not changed.

`service_role` loses the right to update and delete, and a trigger refuses the owner too. The
history of a row that is deleted goes with it, by its foreign key: such an action runs inside a
trigger, at depth 2. So a job that deletes old rows needs no right on their history. Who owns the
schema may still truncate a table, or drop its trigger.
"""

from alembic import op

from migrations.row_security import ROLE

revision = "044_cc_history_kept"
down_revision = "043_cc_inbox_views"
branch_labels = None
depends_on = None

TABLES = (
    "cc_admin_inbox_activity",
    "cc_automation_event_activity",
    "cc_notification_activity",
    "cc_outbound_activity",
)


def upgrade() -> None:
    """Take the rights away, and create the triggers."""
    op.execute(
        """
        CREATE FUNCTION cc_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF pg_trigger_depth() = 1 THEN
                RAISE insufficient_privilege
                    USING MESSAGE = 'The history in ' || TG_TABLE_NAME || ' can''t be changed.';
            END IF;
            RETURN NULL;
        END $$
        """
    )
    for table in TABLES:
        op.execute(f"REVOKE UPDATE, DELETE ON {table} FROM {ROLE}")
        op.execute(
            f"CREATE TRIGGER {table}_kept BEFORE UPDATE OR DELETE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION cc_refuse_change()"
        )


def downgrade() -> None:
    """Drop the triggers, and give the rights back."""
    for table in TABLES:
        op.execute(f"DROP TRIGGER {table}_kept ON {table}")
        op.execute(f"GRANT UPDATE, DELETE ON {table} TO {ROLE}")
    op.execute("DROP FUNCTION cc_refuse_change()")
