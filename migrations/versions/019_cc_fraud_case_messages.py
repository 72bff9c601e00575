"""What customers write while their case is open."""

from alembic import op

from migrations.row_security import drop, protect

revision = "019_cc_fraud_case_messages"
down_revision = "018_cc_answer_limits"
branch_labels = None
depends_on = None

TABLE = "cc_fraud_case_messages"


def upgrade() -> None:
    """Create the table, with access for `service_role` only."""
    op.execute(
        f"""
        CREATE TABLE {TABLE} (
            id BIGINT GENERATED ALWAYS AS IDENTITY,
            case_id BIGINT NOT NULL,
            text TEXT NOT NULL,
            created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
            CONSTRAINT pk_{TABLE} PRIMARY KEY (id),
            CONSTRAINT fk_{TABLE}_case_id FOREIGN KEY (case_id)
                REFERENCES cc_fraud_cases (id) ON DELETE CASCADE
        )
        """
    )
    op.execute(f"CREATE INDEX ix_{TABLE}_case ON {TABLE} (case_id, id)")
    protect(TABLE)


def downgrade() -> None:
    """Drop the table with all that it holds."""
    drop(TABLE)
