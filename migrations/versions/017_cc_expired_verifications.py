"""Verifications expire."""

from alembic import op

from migrations.row_security import ROLE

revision = "017_cc_expired_verifications"
down_revision = "016_cc_customers"
branch_labels = None
depends_on = None

BEFORE = "'awaiting_verification', 'verified', 'exhausted', 'cancelled'"


def upgrade() -> None:
    """Allow the status, and index its time for the daily summary."""
    _know_statuses(f"{BEFORE}, 'expired'")
    op.execute(
        "CREATE INDEX ix_cc_verification_jobs_expired ON cc_verification_jobs (closed_at)"
        " WHERE status = 'expired'"
    )


def downgrade() -> None:
    """Change expired verifications to cancelled."""
    op.execute("DROP INDEX ix_cc_verification_jobs_expired")
    op.execute(f"SET LOCAL ROLE {ROLE}")
    op.execute("UPDATE cc_verification_jobs SET status = 'cancelled' WHERE status = 'expired'")
    op.execute("RESET ROLE")
    _know_statuses(BEFORE)


def _know_statuses(statuses: str) -> None:
    constraint = "ck_cc_verification_jobs_status_known"
    op.execute(f"ALTER TABLE cc_verification_jobs DROP CONSTRAINT {constraint}")
    op.execute(
        f"ALTER TABLE cc_verification_jobs ADD CONSTRAINT {constraint}"
        f" CHECK (status IN ({statuses}))"
    )
