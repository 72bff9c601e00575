"""A person may be an auditor, who reads everything and changes nothing."""

from alembic import op

from migrations.row_security import change_rows

revision = "046_cc_auditors"
down_revision = "045_cc_token_scopes"
branch_labels = None
depends_on = None

_CONSTRAINT = "ck_cc_users_role_known"


def upgrade() -> None:
    """Admit the role."""
    op.execute(
        f"ALTER TABLE cc_users DROP CONSTRAINT {_CONSTRAINT},"
        f" ADD CONSTRAINT {_CONSTRAINT} CHECK (role IN ('admin', 'auditor', 'agent'))"
    )


def downgrade() -> None:
    """Make agents of auditors: the earlier release gives an agent no rights."""
    change_rows("UPDATE cc_users SET role = 'agent' WHERE role = 'auditor'")
    op.execute(
        f"ALTER TABLE cc_users DROP CONSTRAINT {_CONSTRAINT},"
        f" ADD CONSTRAINT {_CONSTRAINT} CHECK (role IN ('admin', 'agent'))"
    )
