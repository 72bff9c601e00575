"""Fraud intake: messages, verification, codes, cases."""

from alembic import op

from migrations.row_security import drop, protect, touch_on_update

revision = "004_cc_fraud"
down_revision = "003_cc_outbound"
branch_labels = None
depends_on = None

TABLES = (
    "cc_inbound_messages",
    "cc_verification_jobs",
    "cc_otp_challenges",
    "cc_fraud_cases",
)


def upgrade() -> None:
    """Create the tables, with access for `service_role` only."""
    op.execute(
        """
        CREATE TABLE cc_inbound_messages (
            id BIGINT GENERATED ALWAYS AS IDENTITY,
            provider_message_id TEXT NOT NULL,
            phone_fingerprint TEXT NOT NULL,
            kind TEXT NOT NULL,
            sent_at TIMESTAMP WITH TIME ZONE,
            created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
            CONSTRAINT pk_cc_inbound_messages PRIMARY KEY (id),
            CONSTRAINT uq_cc_inbound_messages_provider_message_id UNIQUE (provider_message_id)
        )
        """
    )
    op.execute(
        "CREATE INDEX ix_cc_inbound_messages_phone"
        " ON cc_inbound_messages (phone_fingerprint, created_at)"
    )
    op.execute(
        """
        CREATE TABLE cc_verification_jobs (
            id BIGINT GENERATED ALWAYS AS IDENTITY,
            status TEXT DEFAULT 'awaiting_verification' NOT NULL,
            phone_encrypted TEXT NOT NULL,
            phone_fingerprint TEXT NOT NULL,
            phone_masked TEXT NOT NULL,
            language TEXT NOT NULL,
            report TEXT NOT NULL,
            failed_tries INTEGER DEFAULT 0 NOT NULL,
            closed_at TIMESTAMP WITH TIME ZONE,
            created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
            updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
            CONSTRAINT pk_cc_verification_jobs PRIMARY KEY (id),
            CONSTRAINT ck_cc_verification_jobs_status_known
                CHECK (status IN ('awaiting_verification', 'verified', 'exhausted', 'cancelled')),
            CONSTRAINT ck_cc_verification_jobs_closed_has_time
                CHECK ((status = 'awaiting_verification') = (closed_at IS NULL))
        )
        """
    )
    op.execute(
        "CREATE INDEX ix_cc_verification_jobs_phone ON cc_verification_jobs (phone_fingerprint, id)"
    )
    op.execute(
        "CREATE INDEX ix_cc_verification_jobs_awaiting_since"
        " ON cc_verification_jobs (created_at)"
        " WHERE status = 'awaiting_verification'"
    )
    op.execute(
        "CREATE UNIQUE INDEX uq_cc_verification_jobs_awaiting"
        " ON cc_verification_jobs (phone_fingerprint)"
        " WHERE status = 'awaiting_verification'"
    )
    op.execute(
        """
        CREATE TABLE cc_otp_challenges (
            id BIGINT GENERATED ALWAYS AS IDENTITY,
            verification_job_id BIGINT NOT NULL,
            salt TEXT NOT NULL,
            code_hash TEXT NOT NULL,
            expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
            used_at TIMESTAMP WITH TIME ZONE,
            created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
            CONSTRAINT pk_cc_otp_challenges PRIMARY KEY (id),
            CONSTRAINT fk_cc_otp_challenges_verification_job_id FOREIGN KEY (verification_job_id)
                REFERENCES cc_verification_jobs (id) ON DELETE CASCADE
        )
        """
    )
    op.execute(
        "CREATE INDEX ix_cc_otp_challenges_job ON cc_otp_challenges (verification_job_id, id)"
    )
    op.execute(
        """
        CREATE TABLE cc_fraud_cases (
            id BIGINT GENERATED ALWAYS AS IDENTITY,
            status TEXT DEFAULT 'open' NOT NULL,
            verification_job_id BIGINT NOT NULL,
            phone_encrypted TEXT NOT NULL,
            phone_fingerprint TEXT NOT NULL,
            phone_masked TEXT NOT NULL,
            language TEXT NOT NULL,
            report TEXT NOT NULL,
            created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
            updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
            CONSTRAINT pk_cc_fraud_cases PRIMARY KEY (id),
            CONSTRAINT ck_cc_fraud_cases_status_known CHECK (status IN ('open', 'closed')),
            CONSTRAINT uq_cc_fraud_cases_verification_job_id UNIQUE (verification_job_id),
            CONSTRAINT fk_cc_fraud_cases_verification_job_id FOREIGN KEY (verification_job_id)
                REFERENCES cc_verification_jobs (id)
        )
        """
    )
    op.execute("CREATE INDEX ix_cc_fraud_cases_phone ON cc_fraud_cases (phone_fingerprint, id)")
    protect(*TABLES)
    touch_on_update("cc_verification_jobs", "cc_fraud_cases")


def downgrade() -> None:
    """Drop the tables with all that they hold."""
    drop(*reversed(TABLES))
