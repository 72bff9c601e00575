"""A count of the changes of the inbox, which open pages poll."""

from alembic import op

from migrations.row_security import ROLE, drop, protect

revision = "028_cc_inbox_changes"
down_revision = "027_cc_cases_of_items_so_far"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Count each transaction that changes items, without a wait for another one.

    A transaction adds 1 to a row that no other transaction has locked, and inserts a row if all
    are locked. So the sum of the rows grows exactly when a change becomes visible. A sequence
    would grow before the commit, and a single row would make the transactions wait for each other.

    An ON DELETE action of a foreign key runs as the owner of the table, who may not see the rows of
    the counter. Such a change is not counted.
    """
    op.execute(
        """
        CREATE TABLE cc_inbox_changes (
            id BIGINT GENERATED ALWAYS AS IDENTITY,
            changes BIGINT NOT NULL,
            CONSTRAINT pk_cc_inbox_changes PRIMARY KEY (id)
        )
        """
    )
    protect("cc_inbox_changes")
    op.execute(
        f"""
        CREATE FUNCTION cc_count_inbox_change() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            this_transaction text := pg_current_xact_id()::text;
        BEGIN
            IF current_user <> '{ROLE}'
                OR current_setting('automation.inbox_changed_by', true) = this_transaction THEN
                RETURN NULL;
            END IF;
            PERFORM set_config('automation.inbox_changed_by', this_transaction, true);
            UPDATE cc_inbox_changes SET changes = changes + 1
            WHERE id = (SELECT id FROM cc_inbox_changes LIMIT 1 FOR UPDATE SKIP LOCKED);
            IF NOT FOUND THEN
                INSERT INTO cc_inbox_changes (changes) VALUES (1);
            END IF;
            RETURN NULL;
        END $$
        """  # noqa: S608 - the role's name
    )
    op.execute(
        "CREATE TRIGGER cc_admin_inbox_items_changes"
        " AFTER INSERT OR UPDATE OR DELETE ON cc_admin_inbox_items"
        " FOR EACH STATEMENT EXECUTE FUNCTION cc_count_inbox_change()"
    )


def downgrade() -> None:
    """Drop the trigger, its function and the counts."""
    op.execute("DROP TRIGGER cc_admin_inbox_items_changes ON cc_admin_inbox_items")
    op.execute("DROP FUNCTION cc_count_inbox_change()")
    drop("cc_inbox_changes")
