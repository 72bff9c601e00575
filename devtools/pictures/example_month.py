"""A month of example events with their closed items and acts, for the trends."""

from sqlalchemy import text

from app.bootstrap import Container
from app.reports.trend_hours import count_owed_hours, floor_hour

_EVENTS = """
INSERT INTO cc_automation_events (event_type, dedupe_key, payload, subject_ref, status, attempts,
    next_attempt_at, created_at, sent_at, dead_at, last_error, error_fingerprint)
SELECT type, 'example ' || n,
    CASE WHEN type = 'outbound_failed_max_attempts'
         THEN jsonb_build_object('reason', reason, 'provider_code', 131026) ELSE '{}' END,
    'example:' || n, CASE WHEN is_dead THEN 'failed' ELSE 'sent' END, 0, NULL, at,
    CASE WHEN NOT is_dead THEN at + interval '9 ms' END,
    CASE WHEN is_dead THEN at + interval '3 hours' END,
    CASE WHEN is_dead THEN 'KeyError: report' END, CASE WHEN is_dead THEN 'KeyError' END
FROM (
    SELECT n, at, n % 211 = 0 AND at < now() - interval '1 day' AS is_dead,
        (ARRAY['fraud_case_created', 'fraud_case_created', 'otp_verification_stuck',
               'outbound_failed_max_attempts'])[1 + n % 4] AS type,
        (ARRAY['The number is not on WhatsApp.', 'No answer from WhatsApp.'])[1 + n % 3 / 2]
            AS reason
    FROM (SELECT n, now() - interval '30 days' * (1 - n / 3000.0)
                     - interval '1 day' * (1 + sin(n)) / 3 AS at
          FROM generate_series(1, 3000) AS n) AS moments
    WHERE (extract(hour FROM at) BETWEEN 7 AND 21 OR n % 5 = 0)
        AND n % 10 < CASE WHEN extract(isodow FROM at) > 5 THEN 4 ELSE 10 - n / 40 % 3 END
    ORDER BY at) AS planned
"""
_ATTEMPTS = """
INSERT INTO cc_automation_event_attempts
    (event_id, budget, attempt, error, error_fingerprint, worker, at)
SELECT id, 1, n, last_error, error_fingerprint, 'dispatcher', created_at + n * interval '18 min'
FROM cc_automation_events, generate_series(1, 10) AS n WHERE dead_at IS NOT NULL ORDER BY 7
"""
_ITEMS = """
INSERT INTO cc_admin_inbox_items (type, severity, title, body, dedupe_key, event_id, status,
    closed_at, assignee, created_at, last_seen_at)
SELECT event_type, CASE event_type WHEN 'fraud_case_created' THEN 'critical'
        WHEN 'outbound_failed_max_attempts' THEN 'error' ELSE 'warning' END,
    'Example', 'Example', dedupe_key, id,
    CASE WHEN id % 6 = 0 THEN 'dismissed' ELSE 'resolved' END, created_at + took,
    (ARRAY['ana', 'luis', 'maria'])[1 + id % 3], created_at, created_at
FROM (
    SELECT *, exp(6.5 + 1.5 * sin(id * 7.0)) * interval '1 second'
            * CASE event_type WHEN 'fraud_case_created' THEN 3 ELSE 20 END AS took
    FROM cc_automation_events WHERE sent_at IS NOT NULL) AS events
WHERE created_at + took < now() ORDER BY created_at
"""
_ACTS = """
INSERT INTO cc_admin_inbox_activity (item_id, actor, action, from_status, to_status, reason, at)
SELECT id, assignee, action, before, after, reason, at FROM (
    SELECT id, assignee, 'acknowledge' AS action, 'open' AS before, 'acknowledged' AS after,
        NULL AS reason, created_at + (closed_at - created_at) / 4 AS at
    FROM cc_admin_inbox_items
  UNION ALL
    SELECT id, assignee, CASE status WHEN 'resolved' THEN 'resolve' ELSE 'dismiss' END,
        'acknowledged', status,
        CASE status WHEN 'dismissed'
             THEN (ARRAY['false_alarm', 'duplicate', 'no_contact'])[1 + id % 3] END, closed_at
    FROM cc_admin_inbox_items) AS acts
ORDER BY at
"""


def fill_month(container: Container) -> None:
    """Write the month into an empty database and count its hours."""
    with container.sessions.begin() as session:
        for statement in (_EVENTS, _ATTEMPTS, _ITEMS, _ACTS):
            session.execute(text(statement))
        count_owed_hours(session, floor_hour(container.clock()))
