"""Channels, rules and notifications about items."""

from alembic import op

from migrations.row_security import drop, protect, touch_on_update

revision = "036_cc_notifications"
down_revision = "035_cc_discards"
branch_labels = None
depends_on = None

TABLES = (
    "cc_notification_channels",
    "cc_notification_rules",
    "cc_notifications",
    "cc_notification_repeats",
    "cc_notification_activity",
)


def upgrade() -> None:
    """Create the tables, with access for `service_role` only."""
    op.execute(
        """
        CREATE TABLE cc_notification_channels (
            id BIGINT GENERATED ALWAYS AS IDENTITY,
            name TEXT NOT NULL,
            kind TEXT NOT NULL,
            target_encrypted TEXT NOT NULL,
            target_masked TEXT NOT NULL,
            secret_encrypted TEXT,
            with_text BOOLEAN DEFAULT false NOT NULL,
            is_active BOOLEAN DEFAULT true NOT NULL,
            version INTEGER DEFAULT 1 NOT NULL,
            claimed_until TIMESTAMPTZ,
            faults INTEGER DEFAULT 0 NOT NULL,
            probes INTEGER DEFAULT 0 NOT NULL,
            away_since TIMESTAMPTZ,
            away_reason TEXT,
            probe_at TIMESTAMPTZ,
            last_sent_at TIMESTAMPTZ,
            last_error TEXT,
            last_error_at TIMESTAMPTZ,
            created_at TIMESTAMPTZ DEFAULT now() NOT NULL,
            updated_at TIMESTAMPTZ DEFAULT now() NOT NULL,
            CONSTRAINT pk_cc_notification_channels PRIMARY KEY (id),
            CONSTRAINT uq_cc_notification_channels_name UNIQUE (name),
            CONSTRAINT ck_cc_notification_channels_kind_known
                CHECK (kind IN ('slack', 'webhook', 'email')),
            CONSTRAINT ck_cc_notification_channels_secret_kept
                CHECK ((kind = 'webhook') = (secret_encrypted IS NOT NULL)),
            CONSTRAINT ck_cc_notification_channels_away_has_probe
                CHECK ((away_since IS NULL) = (probe_at IS NULL))
        )
        """
    )
    op.execute(
        """
        CREATE TABLE cc_notification_rules (
            id BIGINT GENERATED ALWAYS AS IDENTITY,
            name TEXT NOT NULL,
            channel_id BIGINT NOT NULL,
            severities TEXT[] NOT NULL,
            types TEXT[] DEFAULT '{}' NOT NULL,
            digest_minutes INTEGER,
            repeat_minutes INTEGER DEFAULT 60 NOT NULL,
            quiet_from TIME,
            quiet_until TIME,
            critical_passes BOOLEAN DEFAULT true NOT NULL,
            is_active BOOLEAN DEFAULT true NOT NULL,
            version INTEGER DEFAULT 1 NOT NULL,
            created_at TIMESTAMPTZ DEFAULT now() NOT NULL,
            updated_at TIMESTAMPTZ DEFAULT now() NOT NULL,
            CONSTRAINT pk_cc_notification_rules PRIMARY KEY (id),
            CONSTRAINT uq_cc_notification_rules_name UNIQUE (name),
            CONSTRAINT fk_cc_notification_rules_channel_id
                FOREIGN KEY (channel_id) REFERENCES cc_notification_channels (id),
            CONSTRAINT ck_cc_notification_rules_severities_given CHECK (severities <> '{}'),
            CONSTRAINT ck_cc_notification_rules_severities_known
                CHECK (severities <@ ARRAY['info', 'warning', 'error', 'critical']),
            CONSTRAINT ck_cc_notification_rules_digest_minutes_range
                CHECK (digest_minutes BETWEEN 1 AND 1440),
            CONSTRAINT ck_cc_notification_rules_repeat_minutes_range
                CHECK (repeat_minutes BETWEEN 1 AND 10080),
            CONSTRAINT ck_cc_notification_rules_quiet_hours_whole
                CHECK ((quiet_from IS NULL) = (quiet_until IS NULL)
                    AND quiet_from <> quiet_until)
        )
        """
    )
    op.execute(
        "CREATE INDEX ix_cc_notification_rules_channel ON cc_notification_rules (channel_id)"
    )
    op.execute(
        """
        CREATE TABLE cc_notifications (
            id BIGINT GENERATED ALWAYS AS IDENTITY,
            channel_id BIGINT NOT NULL,
            rule_id BIGINT,
            event_ids BIGINT[] NOT NULL,
            severity TEXT NOT NULL,
            status TEXT DEFAULT 'queued' NOT NULL,
            budget INTEGER DEFAULT 1 NOT NULL,
            attempts INTEGER DEFAULT 0 NOT NULL,
            next_attempt_at TIMESTAMPTZ DEFAULT now(),
            last_error TEXT,
            sent_at TIMESTAMPTZ,
            failed_at TIMESTAMPTZ,
            created_at TIMESTAMPTZ DEFAULT now() NOT NULL,
            CONSTRAINT pk_cc_notifications PRIMARY KEY (id),
            CONSTRAINT fk_cc_notifications_channel_id
                FOREIGN KEY (channel_id) REFERENCES cc_notification_channels (id),
            CONSTRAINT fk_cc_notifications_rule_id
                FOREIGN KEY (rule_id) REFERENCES cc_notification_rules (id),
            CONSTRAINT ck_cc_notifications_status_known
                CHECK (status IN ('queued', 'sent', 'skipped', 'failed')),
            CONSTRAINT ck_cc_notifications_due_while_queued
                CHECK ((status = 'queued') = (next_attempt_at IS NOT NULL)),
            CONSTRAINT ck_cc_notifications_sent_has_time
                CHECK ((status = 'sent') = (sent_at IS NOT NULL)),
            CONSTRAINT ck_cc_notifications_failed_has_time
                CHECK ((status = 'failed') = (failed_at IS NOT NULL))
        )
        """
    )
    op.execute(
        "CREATE INDEX ix_cc_notifications_due ON cc_notifications (channel_id, next_attempt_at, id)"
        " WHERE next_attempt_at IS NOT NULL"
    )
    op.execute(
        "CREATE INDEX ix_cc_notifications_failed ON cc_notifications (id) WHERE status = 'failed'"
    )
    op.execute(
        """
        CREATE TABLE cc_notification_repeats (
            item_id BIGINT NOT NULL,
            rule_id BIGINT NOT NULL,
            told_at TIMESTAMPTZ DEFAULT now() NOT NULL,
            CONSTRAINT pk_cc_notification_repeats PRIMARY KEY (item_id, rule_id),
            CONSTRAINT fk_cc_notification_repeats_item_id FOREIGN KEY (item_id)
                REFERENCES cc_admin_inbox_items (id) ON DELETE CASCADE,
            CONSTRAINT fk_cc_notification_repeats_rule_id FOREIGN KEY (rule_id)
                REFERENCES cc_notification_rules (id) ON DELETE CASCADE
        )
        """
    )
    op.execute(
        """
        CREATE TABLE cc_notification_activity (
            id BIGINT GENERATED ALWAYS AS IDENTITY,
            subject_ref TEXT NOT NULL,
            actor TEXT NOT NULL,
            action TEXT NOT NULL,
            from_status TEXT NOT NULL,
            to_status TEXT NOT NULL,
            note TEXT,
            at TIMESTAMPTZ DEFAULT now() NOT NULL,
            CONSTRAINT pk_cc_notification_activity PRIMARY KEY (id)
        )
        """
    )
    op.execute(
        "CREATE INDEX ix_cc_notification_activity_subject"
        " ON cc_notification_activity (subject_ref, id)"
    )
    protect(*TABLES)
    touch_on_update("cc_notification_channels", "cc_notification_rules")
    _notify_on_rows()


def downgrade() -> None:
    """Drop the tables with all that they hold."""
    drop(*reversed(TABLES))
    op.execute("DROP FUNCTION cc_notifications_notify()")


def _notify_on_rows() -> None:
    """NOTIFY once per transaction that writes a row.

    Dispatch runs an insert per batch, which inserts nothing if no rule applies. A trigger per
    statement would also notify then.
    """
    op.execute(
        """
        CREATE FUNCTION cc_notifications_notify() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF current_setting('automation.notify', true) IS DISTINCT FROM 'off' THEN
                PERFORM pg_notify('cc_notifications', '');
            END IF;
            RETURN NULL;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER cc_notifications_notify AFTER INSERT OR UPDATE OF budget"
        " ON cc_notifications FOR EACH ROW EXECUTE FUNCTION cc_notifications_notify()"
    )
