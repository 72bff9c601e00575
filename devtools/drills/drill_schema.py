"""Drill 1, the schema: read from the system catalogue of the database."""

from collections.abc import Sequence

from devtools.drills.check_recorder import CheckRecorder
from devtools.drills.evidence import Row

TABLES = """
    SELECT c.relname AS table, c.relrowsecurity AS enabled, c.relforcerowsecurity AS forced,
           string_agg(p.polname || ' to ' || r.rolname, ', ') AS policies
    FROM pg_class AS c
    LEFT JOIN pg_policy AS p ON p.polrelid = c.oid
    LEFT JOIN pg_roles AS r ON r.oid = ANY (p.polroles)
    WHERE c.relkind = 'r' AND c.relname LIKE 'cc\\_%' AND c.relnamespace = 'public'::regnamespace
    GROUP BY c.oid ORDER BY 1
"""
EXPECTED_TABLES = (
    "cc_admin_inbox_activity",
    "cc_admin_inbox_items",
    "cc_automation_event_attempts",
    "cc_automation_events",
    "cc_daily_summaries",
    "cc_fraud_cases",
    "cc_fraud_case_messages",
    "cc_inbound_messages",
    "cc_job_runs",
    "cc_otp_challenges",
    "cc_outbound_attempts",
    "cc_outbound_jobs",
    "cc_users",
    "cc_verification_jobs",
)
ROLE = """
    SELECT rolname, rolcanlogin, rolsuper, rolbypassrls,
           (SELECT count(*) FROM pg_class WHERE relowner = pg_roles.oid) AS owns
    FROM pg_roles WHERE rolname = 'service_role'
"""
INDEXES = """
    SELECT indexname, regexp_replace(indexdef, '^.* USING ', '') AS definition
    FROM pg_indexes
    WHERE tablename IN ('cc_automation_events', 'cc_admin_inbox_items') ORDER BY 1
"""
TRIGGERS = """
    SELECT tgrelid::regclass::text AS table, tgname AS trigger, proname AS function
    FROM pg_trigger JOIN pg_proc ON pg_proc.oid = tgfoid
    WHERE NOT tgisinternal AND tgrelid::regclass::text LIKE 'cc\\_%' ORDER BY 1, 2
"""
UNIQUE = """
    SELECT conrelid::regclass::text AS table, conname, pg_get_constraintdef(oid) AS rule
    FROM pg_constraint
    WHERE contype = 'u' AND conrelid IN (
        'cc_automation_events'::regclass, 'cc_admin_inbox_items'::regclass,
        'cc_inbound_messages'::regclass, 'cc_job_runs'::regclass, 'cc_daily_summaries'::regclass)
    ORDER BY 1, 2
"""
CHECKS = """
    SELECT conname, pg_get_constraintdef(oid) AS rule FROM pg_constraint
    WHERE contype = 'c' AND conrelid = 'cc_automation_events'::regclass ORDER BY 1
"""


def run(recorder: CheckRecorder) -> None:
    """Check tables, policies, roles, indexes, constraints and triggers."""
    recorder.check_rows(
        "Every table exists, with row-level security enabled and forced, for service_role only",
        TABLES,
        lambda rows: (
            {row[0] for row in rows} >= set(EXPECTED_TABLES)
            and all(row[1:] == (True, True, f"{row[0]}_service to service_role") for row in rows)
        ),
    )
    recorder.check_rows(
        "The role can't log in, is no superuser, can't bypass row-level security and owns nothing",
        ROLE,
        [("service_role", False, False, False, 0)],
    )
    recorder.check_rows(
        "The queries of this proof pack run as that role",
        "SELECT current_user AS acts_as, session_user = current_user AS logged_in_as_it",
        [("service_role", False)],
    )
    recorder.check_rows(
        "The index of due events is partial, so it does not grow with sent events",
        INDEXES,
        lambda rows: any(
            "WHERE (next_attempt_at IS NOT NULL)" in definition for _, definition in rows
        ),
    )
    recorder.check_rows(
        "Events, items, messages, slots and summary dates are unique", UNIQUE, _has_unique_keys
    )
    recorder.check_rows(
        "CHECK constraints tie the status of an event to its timestamps", CHECKS, _has_checks
    )
    recorder.check_rows(
        "Triggers update updated_at, and notify the dispatcher when an event is committed",
        TRIGGERS,
        lambda rows: (
            {
                ("cc_automation_events", "cc_touch_updated_at"),
                ("cc_admin_inbox_items", "cc_touch_updated_at"),
                ("cc_automation_events", "cc_automation_events_notify"),
            }
            <= {(table, function) for table, _, function in rows}
        ),
    )
    recorder.check_rows(
        "The migrations are applied up to 010_cc_automation_center or later",
        "SELECT version_num FROM alembic_version",
        lambda rows: len(rows) == 1 and rows[0][0] >= "010_cc_automation_center",
    )


def _has_unique_keys(rows: Sequence[Row]) -> bool:
    rules = {(table, rule) for table, _, rule in rows}
    return rules >= {
        ("cc_admin_inbox_items", "UNIQUE (dedupe_key)"),
        ("cc_automation_events", "UNIQUE (dedupe_key)"),
        ("cc_daily_summaries", "UNIQUE (business_date)"),
        ("cc_inbound_messages", "UNIQUE (message_fingerprint)"),
        ("cc_job_runs", "UNIQUE (job, slot)"),
    }


def _has_checks(rows: Sequence[Row]) -> bool:
    names = {name.removeprefix("ck_cc_automation_events_") for name, _ in rows}
    return names >= {"status_known", "sent_has_time", "dead_is_failed", "due_until_final"}
