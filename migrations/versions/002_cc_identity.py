"""Users and their API tokens."""

from alembic import op

from migrations.row_security import drop, protect, touch_on_update

revision = "002_cc_identity"
down_revision = "001_cc_roles"
branch_labels = None
depends_on = None

TABLES = (
    "cc_users",
    "cc_api_tokens",
)


def upgrade() -> None:
    """Create the tables, with access for `service_role` only."""
    op.execute(
        """
        CREATE TABLE cc_users (
            id BIGINT GENERATED ALWAYS AS IDENTITY,
            username TEXT NOT NULL,
            password_hash TEXT NOT NULL,
            role TEXT NOT NULL,
            is_active BOOLEAN DEFAULT true NOT NULL,
            failed_logins INTEGER DEFAULT 0 NOT NULL,
            locked_until TIMESTAMP WITH TIME ZONE,
            last_login_at TIMESTAMP WITH TIME ZONE,
            created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
            updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
            CONSTRAINT pk_cc_users PRIMARY KEY (id),
            CONSTRAINT ck_cc_users_role_known CHECK (role IN ('admin', 'agent')),
            CONSTRAINT uq_cc_users_username UNIQUE (username)
        )
        """
    )
    op.execute(
        """
        CREATE TABLE cc_api_tokens (
            id BIGINT GENERATED ALWAYS AS IDENTITY,
            user_id BIGINT NOT NULL,
            name TEXT NOT NULL,
            token_hash TEXT NOT NULL,
            expires_at TIMESTAMP WITH TIME ZONE,
            revoked_at TIMESTAMP WITH TIME ZONE,
            created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
            CONSTRAINT pk_cc_api_tokens PRIMARY KEY (id),
            CONSTRAINT fk_cc_api_tokens_user_id FOREIGN KEY (user_id)
                REFERENCES cc_users (id) ON DELETE CASCADE,
            CONSTRAINT uq_cc_api_tokens_token_hash UNIQUE (token_hash)
        )
        """
    )
    op.execute("CREATE INDEX ix_cc_api_tokens_user_id ON cc_api_tokens (user_id)")
    protect(*TABLES)
    touch_on_update("cc_users")


def downgrade() -> None:
    """Drop the tables with all that they hold."""
    drop(*reversed(TABLES))
