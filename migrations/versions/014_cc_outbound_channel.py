"""The send rate and the circuit breaker of the provider; indexes for claims of jobs."""

from alembic import op

from migrations.row_security import drop, protect

revision = "014_cc_outbound_channel"
down_revision = "013_cc_sign_in_decoys"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the channel, mark claimed jobs, and drop the columns of the former rate limit."""
    op.execute(
        """
        CREATE TABLE cc_outbound_channels (
            name TEXT NOT NULL,
            next_slot_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
            answered_at TIMESTAMP WITH TIME ZONE,
            faults INTEGER DEFAULT 0 NOT NULL,
            probes INTEGER DEFAULT 0 NOT NULL,
            away_since TIMESTAMP WITH TIME ZONE,
            away_reason TEXT,
            probe_at TIMESTAMP WITH TIME ZONE,
            CONSTRAINT pk_cc_outbound_channels PRIMARY KEY (name),
            CONSTRAINT ck_cc_outbound_channels_away_has_probe
                CHECK ((away_since IS NULL) = (probe_at IS NULL))
        )
        """
    )
    op.execute("INSERT INTO cc_outbound_channels (name) VALUES ('whatsapp')")
    protect("cc_outbound_channels")
    op.execute("ALTER TABLE cc_outbound_jobs ADD COLUMN claimed_at TIMESTAMP WITH TIME ZONE")
    op.execute(
        "CREATE INDEX ix_cc_outbound_jobs_codes_due ON cc_outbound_jobs (next_attempt_at, id)"
        " WHERE next_attempt_at IS NOT NULL AND kind = 'otp'"
    )
    op.execute(
        "CREATE INDEX ix_cc_outbound_jobs_claimed ON cc_outbound_jobs (next_attempt_at, id)"
        " WHERE claimed_at IS NOT NULL"
    )
    op.execute("DROP INDEX ix_cc_outbound_attempts_started")
    op.execute("ALTER TABLE cc_outbound_attempts DROP COLUMN hold_until")
    _know_outcomes("'sent', 'failed', 'throttled', 'unknown', 'away'")


def downgrade() -> None:
    """Forget the channel; attempts while the provider was away become failed ones."""
    op.execute("UPDATE cc_outbound_attempts SET outcome = 'failed' WHERE outcome = 'away'")
    _know_outcomes("'sent', 'failed', 'throttled', 'unknown'")
    op.execute("ALTER TABLE cc_outbound_attempts ADD COLUMN hold_until TIMESTAMP WITH TIME ZONE")
    op.execute(
        "CREATE INDEX ix_cc_outbound_attempts_hold ON cc_outbound_attempts (hold_until)"
        " WHERE hold_until IS NOT NULL"
    )
    op.execute("CREATE INDEX ix_cc_outbound_attempts_started ON cc_outbound_attempts (started_at)")
    op.execute("DROP INDEX ix_cc_outbound_jobs_claimed")
    op.execute("DROP INDEX ix_cc_outbound_jobs_codes_due")
    op.execute("ALTER TABLE cc_outbound_jobs DROP COLUMN claimed_at")
    drop("cc_outbound_channels")


def _know_outcomes(outcomes: str) -> None:
    constraint = "ck_cc_outbound_attempts_outcome_known"
    op.execute(f"ALTER TABLE cc_outbound_attempts DROP CONSTRAINT {constraint}")
    op.execute(
        f"ALTER TABLE cc_outbound_attempts ADD CONSTRAINT {constraint}"
        f" CHECK (outcome IN ({outcomes}))"
    )
