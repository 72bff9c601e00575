"""Sessions of signed-in people, and limits of sign-ins that are not part of the account."""

from alembic import op

from migrations.row_security import drop, protect

revision = "039_cc_web_sessions"
down_revision = "038_cc_exports"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create both tables; drop the counts of failures in the users and the decoys."""
    op.execute(
        """
        CREATE TABLE cc_web_sessions (
            id BIGINT GENERATED ALWAYS AS IDENTITY,
            user_id BIGINT NOT NULL,
            token_hash TEXT NOT NULL,
            address TEXT NOT NULL,
            browser TEXT NOT NULL,
            started_at TIMESTAMP WITH TIME ZONE NOT NULL,
            last_seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
            ended_at TIMESTAMP WITH TIME ZONE,
            CONSTRAINT pk_cc_web_sessions PRIMARY KEY (id),
            CONSTRAINT uq_cc_web_sessions_token_hash UNIQUE (token_hash),
            CONSTRAINT fk_cc_web_sessions_user_id
                FOREIGN KEY (user_id) REFERENCES cc_users (id) ON DELETE CASCADE
        )
        """
    )
    op.execute("CREATE INDEX ix_cc_web_sessions_user ON cc_web_sessions (user_id, last_seen_at)")
    op.execute(
        """
        CREATE TABLE cc_sign_in_limits (
            bucket TEXT NOT NULL,
            failures INTEGER NOT NULL,
            started_at TIMESTAMP WITH TIME ZONE NOT NULL,
            rests_until TIMESTAMP WITH TIME ZONE,
            CONSTRAINT pk_cc_sign_in_limits PRIMARY KEY (bucket)
        )
        """
    )
    op.execute("CREATE INDEX ix_cc_sign_in_limits_started ON cc_sign_in_limits (started_at)")
    protect("cc_web_sessions", "cc_sign_in_limits")
    op.execute("ALTER TABLE cc_users DROP COLUMN failed_logins, DROP COLUMN locked_until")
    drop("cc_sign_in_decoys")


def downgrade() -> None:
    """Drop both tables, which signs everybody out; the earlier counts start at zero."""
    op.execute(
        """
        CREATE TABLE cc_sign_in_decoys (
            slot INTEGER NOT NULL,
            attempts BIGINT DEFAULT 0 NOT NULL,
            CONSTRAINT pk_cc_sign_in_decoys PRIMARY KEY (slot)
        )
        """
    )
    op.execute("INSERT INTO cc_sign_in_decoys (slot) SELECT generate_series(0, 63)")
    protect("cc_sign_in_decoys")
    op.execute(
        "ALTER TABLE cc_users ADD COLUMN failed_logins INTEGER DEFAULT 0 NOT NULL,"
        " ADD COLUMN locked_until TIMESTAMP WITH TIME ZONE"
    )
    drop("cc_sign_in_limits", "cc_web_sessions")
