"""The messages of customers that were kept with their cases, in their conversations."""

from alembic import op

from migrations.row_security import change_rows

revision = "031_cc_conversations_so_far"
down_revision = "030_cc_conversations"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Copy each text to its message: both were written at the same instant."""
    change_rows(
        """
        UPDATE cc_inbound_messages AS message SET text = kept.text
        FROM cc_fraud_case_messages AS kept
            JOIN cc_fraud_cases AS its_case ON its_case.id = kept.case_id
        WHERE message.customer_id = its_case.customer_id
          AND message.created_at = kept.created_at
        """
    )
    op.execute(
        "ALTER TABLE cc_inbound_messages VALIDATE CONSTRAINT ck_cc_inbound_messages_code_known"
    )


def downgrade() -> None:
    """Keep the texts: revision 030 drops their column."""
