"""The status of a case follows the status of its inbox item."""

from alembic import op

from migrations.row_security import ROLE

revision = "026_cc_cases_follow_items"
down_revision = "025_cc_summary_links"
branch_labels = None
depends_on = None

_KNOWN = "ck_cc_fraud_cases_status_known"
_TYPES = "NEW.type IN ('fraud_case_created', 'fraud_case_message_added')"


def upgrade() -> None:
    """Add the status `in_work`, and the trigger. The next revision validates the constraint.

    A trigger, because items change in many statements: acts of people, recurrences in dispatch,
    acts on many items. The key of a case's item is that of its event.
    """
    _know_statuses("'open', 'in_work', 'closed'", "NOT VALID")
    op.execute(
        r"""
        CREATE FUNCTION cc_case_follows_item() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            followed bigint := substring(
                coalesce(NEW.group_key, NEW.dedupe_key) FROM '^fraud_case_created:(\d{1,18})$');
            state text := CASE NEW.status
                WHEN 'open' THEN 'open' WHEN 'acknowledged' THEN 'in_work' ELSE 'closed' END;
        BEGIN
            UPDATE cc_fraud_cases SET status = state WHERE id = followed AND status <> state;
            RETURN NULL;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER cc_admin_inbox_items_case AFTER UPDATE OF status ON cc_admin_inbox_items"
        f" FOR EACH ROW WHEN (NEW.status <> OLD.status AND {_TYPES})"
        " EXECUTE FUNCTION cc_case_follows_item()"
    )
    op.execute(
        "CREATE TRIGGER cc_admin_inbox_items_new_case AFTER INSERT ON cc_admin_inbox_items"
        " FOR EACH ROW WHEN (NEW.type = 'fraud_case_message_added')"
        " EXECUTE FUNCTION cc_case_follows_item()"
    )


def downgrade() -> None:
    """Drop the trigger, and open the cases that are in work."""
    op.execute("DROP TRIGGER cc_admin_inbox_items_new_case ON cc_admin_inbox_items")
    op.execute("DROP TRIGGER cc_admin_inbox_items_case ON cc_admin_inbox_items")
    op.execute("DROP FUNCTION cc_case_follows_item()")
    op.execute(f"SET LOCAL ROLE {ROLE}")
    op.execute("UPDATE cc_fraud_cases SET status = 'open' WHERE status = 'in_work'")
    op.execute("RESET ROLE")
    _know_statuses("'open', 'closed'")


def _know_statuses(statuses: str, options: str = "") -> None:
    op.execute(
        f"ALTER TABLE cc_fraud_cases DROP CONSTRAINT {_KNOWN},"
        f" ADD CONSTRAINT {_KNOWN} CHECK (status IN ({statuses})) {options}"
    )
