"""The limit: one psycopg connection that claims, inserts and updates until nothing is due.

It uses no drafts, no ORM and no Celery: PostgreSQL builds the texts of the items. It starts
at each notification on the channel `go`.
"""

import sys

import psycopg

BATCH = 1_000

CLAIM = """
SELECT id FROM cc_automation_events WHERE next_attempt_at <= now()
ORDER BY next_attempt_at, id LIMIT %s FOR UPDATE SKIP LOCKED
"""
INSERT = """
INSERT INTO cc_admin_inbox_items
    (type, severity, title, body, link_ref, dedupe_key, event_id)
SELECT event_type, 'critical', 'Fraud reported by ' || (payload->>'masked_phone'),
    'The customer proved who they are with a one-time code. They wrote: “'
        || (payload->>'report') || '”',
    '/automation/cases/' || (payload->>'case_id'), dedupe_key, id
FROM cc_automation_events WHERE id = ANY(%s)
ON CONFLICT (dedupe_key) DO NOTHING
"""
UPDATE = """
UPDATE cc_automation_events
SET status = 'sent', sent_at = now(), next_attempt_at = NULL, updated_at = now()
WHERE id = ANY(%s)
"""


def main(dsn: str) -> None:
    options = "-c role=service_role"
    with psycopg.connect(dsn, autocommit=True, options=options) as connection:
        connection.execute("LISTEN go")
        print("ready", flush=True)
        while True:
            list(connection.notifies(stop_after=1))
            while batch(connection) == BATCH:
                pass


def batch(connection: psycopg.Connection) -> int:
    with connection.pipeline(), connection.transaction():
        ids = [id_ for (id_,) in connection.execute(CLAIM, [BATCH]).fetchall()]
        if ids:
            connection.execute(INSERT, [ids])
            connection.execute(UPDATE, [ids])
    return len(ids)


main(sys.argv[1])
