"""The trends of a month with many events, items and acts, and the log of one person."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

from psycopg import Connection
from sqlalchemy.orm import Session

from app.bootstrap import Container, build
from app.reports.activity import ActivityFilter, list_activity
from app.reports.trend_hours import count_owed_hours, floor_hour
from app.reports.trends import read_trends
from app.reports.windows import Window
from benchmarks.database_time import database_ms
from benchmarks.lab import Lab
from benchmarks.results import Report, Row

_RUNS = 9

_EVENTS = """
INSERT INTO cc_automation_events (event_type, dedupe_key, payload, subject_ref, status, attempts,
    next_attempt_at, created_at, sent_at, dead_at, last_error)
SELECT (ARRAY['fraud_case_created', 'otp_verification_stuck',
               'outbound_failed_max_attempts'])[1 + n %% 3],
    'seeded:' || n, jsonb_build_object('reason', 'reason ' || n %% 5, 'provider_code', 131026,
        'report', 'I got a call from someone who said they were my bank.'),
    'case:' || n, CASE WHEN n %% 500 = 0 THEN 'failed' ELSE 'sent' END, 0, NULL, at,
    CASE WHEN n %% 500 > 0 THEN at + n %% 977 * interval '1 ms' END,
    CASE WHEN n %% 500 = 0 THEN at END, 'KeyError'
FROM (SELECT n, %(until)s::timestamptz - (%(events)s - n) * %(month)s::interval / %(events)s AS at
      FROM generate_series(1, %(events)s) AS n) AS moments
"""
_ATTEMPTS = """
INSERT INTO cc_automation_event_attempts
    (event_id, budget, attempt, error, error_fingerprint, worker, at)
SELECT id, 1, n, 'KeyError: report', 'KeyError ' || event_type, 'w', created_at
FROM cc_automation_events, generate_series(1, 10) AS n WHERE dead_at IS NOT NULL ORDER BY id, n
"""
_ITEMS = """
INSERT INTO cc_admin_inbox_items (type, severity, title, body, link_ref, dedupe_key, event_id,
    status, closed_at, assignee, created_at, last_seen_at)
SELECT event_type, (ARRAY['critical', 'warning', 'error'])[1 + id %% 3],
    'Fraud reported by ••• 1234',
    'I got a call from someone who said they were my bank.', '/automation/cases/' || id,
    dedupe_key, id, status, CASE WHEN status <> 'open' THEN created_at + interval '1 hour' END,
    'ana', created_at, created_at
FROM (SELECT id, event_type, dedupe_key, created_at,
          (ARRAY['open', 'dismissed', 'resolved', 'resolved'])[1 + id %% 4] AS status
      FROM cc_automation_events WHERE id %% 3 = 0 AND sent_at IS NOT NULL ORDER BY id) AS events
"""
_ACTS = """
INSERT INTO cc_admin_inbox_activity (item_id, actor, action, from_status, to_status, reason, at)
SELECT item, actor, action, before, after, reason, at FROM (
    SELECT id AS item, 'person ' || id %% 20 AS actor, 'acknowledge' AS action, 'open' AS before,
        'acknowledged' AS after, NULL AS reason,
        created_at + id %% 3571 * interval '1 second' AS at
    FROM cc_admin_inbox_items WHERE status <> 'open'
  UNION ALL
    SELECT id, 'person ' || id %% 20, CASE status WHEN 'resolved' THEN 'resolve' ELSE 'dismiss' END,
        'acknowledged', status,
        CASE status WHEN 'dismissed' THEN (ARRAY['false_alarm', 'duplicate'])[1 + id %% 2] END,
        closed_at
    FROM cc_admin_inbox_items WHERE status <> 'open') AS acts
WHERE at < %(until)s ORDER BY at
"""
_TABLES = (
    *("cc_automation_events", "cc_automation_event_attempts", "cc_admin_inbox_items"),
    "cc_admin_inbox_activity",
)
_MONTH = timedelta(days=31)


def run(lab: Lab, report: Report, *, events: int) -> Iterator[str]:
    """Measure the rows for the trends; yield each step in words."""
    now = datetime.now(UTC)
    with lab.database() as database, database.admin() as connection:
        bounds = {"until": now, "events": events, "month": _MONTH}
        yield f"trends: writing {events:,} events of a month, their items and acts"
        for statement in (_EVENTS, _ATTEMPTS, _ITEMS, _ACTS):
            connection.execute(statement, bounds)
        for table in _TABLES:
            connection.execute(f"VACUUM ANALYZE {table}")
        container = build(lab.settings(database), process="trends")
        yield "trends: counting the hours of a month"
        first = _seconds_to_count(container, floor_hour(now))
        again = [_seconds_to_count(container, floor_hour(now)) for _ in range(_RUNS)]
        connection.execute("VACUUM ANALYZE cc_trend_hours")
        for window in Window:
            yield f"trends: reading {window}"

            def read(session: Session, window: Window = window) -> object:
                return read_trends(session, window, now=now, timezone="UTC")

            note = f"{events:,} events, a third as many items; database time"
            spent = database_ms(container, read, connection, runs=_RUNS)
            whole = _ms_to_read(container, read)
            report.numbers[f"trends of {window}, whole call in ms"] = whole
            what = f"trends of {window}"
            report.add(Row(what=what, samples=spent, bar=50.0, unit="ms", note=note))
        yield "activity of a person"
        _activity(container, connection, report)
        container.close()
    report.numbers["hours of the trends in s"] = {"first": first, "again": again}
    report.add(
        Row(
            what="hourly count for the trends",
            samples=again,
            bar=1.0,
            unit="s",
            note=f"the first count of {_MONTH.days} days took {first:.1f} s",
        )
    )


def _activity(container: Container, connection: Connection, report: Report) -> None:
    """Measure the first and a deep page of a person's log, and one by an action without acts."""
    deep = ActivityFilter(until=datetime.now(UTC) - timedelta(days=30))
    filters = {"first page": ActivityFilter(), "deep": deep, "none": ActivityFilter(action="retry")}
    for name, wanted in filters.items():

        def read(session: Session, wanted: ActivityFilter = wanted) -> object:
            return list_activity(session, "person 3", wanted)

        spent = database_ms(container, read, connection, runs=_RUNS)
        note = "one of 20 people; database time"
        report.add(Row(what=f"activity: {name}", samples=spent, bar=50.0, unit="ms", note=note))


def _seconds_to_count(container: Container, now: datetime) -> float:
    started = time.perf_counter()
    with container.sessions.begin() as session:
        count_owed_hours(session, now)
    return time.perf_counter() - started


def _ms_to_read(container: Container, read: Callable[[Session], object]) -> list[float]:
    spent = []
    for _ in range(_RUNS):
        started = time.perf_counter()
        with container.sessions.begin() as session:
            read(session)
        spent.append((time.perf_counter() - started) * 1000)
    return spent
