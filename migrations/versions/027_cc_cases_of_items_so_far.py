"""The status of the cases whose items were acted on before cases followed them."""

from alembic import op

from migrations.row_security import change_rows

revision = "027_cc_cases_of_items_so_far"
down_revision = "026_cc_cases_follow_items"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Give each case the status of its item. No lock keeps other transactions from the table."""
    change_rows(
        """
        UPDATE cc_fraud_cases AS followed
        SET status = CASE item.status WHEN 'acknowledged' THEN 'in_work' ELSE 'closed' END
        FROM cc_admin_inbox_items AS item
        WHERE item.type = 'fraud_case_created' AND item.status <> 'open'
          AND item.dedupe_key = 'fraud_case_created:' || followed.id
        """
    )
    op.execute("ALTER TABLE cc_fraud_cases VALIDATE CONSTRAINT ck_cc_fraud_cases_status_known")


def downgrade() -> None:
    """Keep the statuses: revision 026 maps them back."""
