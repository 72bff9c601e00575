"""The activity of a person has their changes of channels and rules, found by an index."""

from alembic import op

revision = "047_cc_activity_of_people"
down_revision = "046_cc_auditors"
branch_labels = None
depends_on = None

_INDEX = "ix_cc_notification_activity_actor"


def upgrade() -> None:
    """Create the index. The table is small."""
    op.execute(f"CREATE INDEX {_INDEX} ON cc_notification_activity (actor, at, id)")


def downgrade() -> None:
    """Drop it."""
    op.execute(f"DROP INDEX {_INDEX}")
