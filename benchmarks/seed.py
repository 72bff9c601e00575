"""Inserts many rows with one statement: due events, processed events and their items."""

from psycopg import Connection

_DUE = """
INSERT INTO cc_automation_events (event_type, dedupe_key, payload, subject_ref)
SELECT 'fraud_case_created', 'fraud_case_created:' || n,
    jsonb_build_object('case_id', n, 'masked_phone', '••• ' || lpad((n %% 10000)::text, 4, '0'),
        'language', 'en', {report}
         'I got a call from someone who said they were my bank and then money was gone.'),
    'case:' || n
FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS n
"""
_REPORT = "'report',"
_NO_REPORT_IN_100 = "CASE WHEN n %% 100 = 0 THEN 'nothing' ELSE 'report' END,"

_PROCESSED = """
INSERT INTO cc_automation_events
    (event_type, dedupe_key, payload, subject_ref, status, next_attempt_at, sent_at)
SELECT 'fraud_case_created', 'seeded:' || n,
    jsonb_build_object('case_id', n, 'masked_phone', '••• 1234', 'language', 'en',
        'report', 'I got a call from someone who said they were my bank.'),
    'case:' || n, 'sent', NULL, now()
FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS n
"""

_ITEMS = """
INSERT INTO cc_admin_inbox_items
    (type, severity, title, body, link_ref, dedupe_key, event_id, status, closed_at, assignee)
SELECT
    CASE WHEN n %% 1000 = 0 THEN 'daily_operational_summary_ready'
         ELSE (ARRAY['fraud_case_created', 'outbound_failed_max_attempts',
                     'otp_verification_stuck'])[1 + n %% 3] END,
    CASE WHEN n %% 1000 = 0 THEN 'info'
         ELSE (ARRAY['critical', 'error', 'warning'])[1 + n %% 3] END,
    'Fraud reported by ••• 1234', 'They wrote: I got a call from someone.',
    '/automation/cases/' || n, dedupe_key, id, status,
    CASE WHEN status IN ('resolved', 'dismissed') THEN now() END,
    CASE WHEN status = 'acknowledged' THEN 'ana' END
FROM (
    SELECT id, dedupe_key, (payload->>'case_id')::bigint AS n,
        (ARRAY['open', 'acknowledged', 'dismissed', 'dismissed', 'resolved', 'resolved',
               'resolved', 'resolved', 'resolved', 'resolved'])[1 + id / 7 %% 10] AS status
    FROM cc_automation_events WHERE id > %(newest)s
) AS numbered
"""

_ATTEMPTS_PER_JOB = 10
_SENT_JOBS = """
WITH customer AS (
    INSERT INTO cc_customers (number_encrypted, number_fingerprint, masked)
    SELECT 'sealed', 'customer ' || n, '••• 1234' FROM generate_series(1, %s) AS n RETURNING id)
INSERT INTO cc_outbound_jobs
    (kind, customer_id, text_encrypted, status, attempts, next_attempt_at, sent_at)
SELECT 'text', id, 'sealed', 'sent', 1, NULL, now() FROM customer
"""
_ATTEMPTS = """
INSERT INTO cc_outbound_attempts
    (job_id, budget, attempt, outcome, message_fingerprint, started_at, finished_at)
SELECT job.id, 1, n, 'sent', 'wamid.' || job.id || '.' || n, now(), now()
FROM cc_outbound_jobs AS job, generate_series(1, %s) AS n
WHERE status = 'sent'
"""


def empty(connection: Connection) -> None:
    """Delete all events and items."""
    connection.execute("TRUNCATE cc_automation_events, cc_admin_inbox_items CASCADE")


def due(connection: Connection, count: int, *, first: int = 1, raising: bool = False) -> None:
    """Insert `count` due events; with `raising`, the draft of one in a hundred raises."""
    query = _DUE.format(report=_NO_REPORT_IN_100 if raising else _REPORT)
    connection.execute(query, {"first": first, "last": first + count - 1})


def processed(connection: Connection, count: int, *, first: int = 1) -> None:
    """Insert `count` sent events, each with its item."""
    row = connection.execute("SELECT coalesce(max(id), 0) FROM cc_automation_events").fetchone()
    connection.execute(_PROCESSED, {"first": first, "last": first + count - 1})
    connection.execute(_ITEMS, {"newest": row[0] if row else 0})
    connection.execute("VACUUM ANALYZE cc_automation_events, cc_admin_inbox_items")


def attempted(connection: Connection, count: int) -> None:
    """Insert `count` successful attempts, ten per job."""
    connection.execute(_SENT_JOBS, [count // _ATTEMPTS_PER_JOB])
    connection.execute(_ATTEMPTS, [_ATTEMPTS_PER_JOB])
    connection.execute("VACUUM ANALYZE cc_outbound_jobs, cc_outbound_attempts")
