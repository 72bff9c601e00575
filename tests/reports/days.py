"""Helpers that write the rows of a day and summarise it."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from app.core.database import Sessions
from app.reports.daily_summary import DailySummaryResult, summarise_day
from tests.whatsapp import Read

DAY = date(2026, 11, 21)
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)

CASE = """
WITH customer AS (
    INSERT INTO cc_customers (number_encrypted, number_fingerprint, masked)
    VALUES ('x', gen_random_uuid()::text, '••• 0000') RETURNING id), job AS (
    INSERT INTO cc_verification_jobs
        (status, customer_id, language, report, created_at, closed_at)
    SELECT 'verified', id, 'en', 'fraud', :at, CAST(:at AS timestamptz) + interval '40 seconds'
    FROM customer RETURNING id, customer_id)
INSERT INTO cc_fraud_cases
    (verification_job_id, customer_id, language, report, created_at)
SELECT id, customer_id, 'en', 'fraud', :at FROM job
"""
VERIFICATION = """
WITH customer AS (
    INSERT INTO cc_customers (number_encrypted, number_fingerprint, masked)
    VALUES ('x', gen_random_uuid()::text, '••• 0000') RETURNING id)
INSERT INTO cc_verification_jobs (status, customer_id, language, report, created_at, closed_at)
SELECT :status, id, 'en', 'fraud', :at,
       CASE WHEN :status <> 'awaiting_verification' THEN CAST(:at AS timestamptz) END
FROM customer
"""
SENT = """
WITH customer AS (
    INSERT INTO cc_customers (number_encrypted, number_fingerprint, masked)
    VALUES ('x', gen_random_uuid()::text, '••• 0000') RETURNING id)
INSERT INTO cc_outbound_jobs (kind, status, customer_id, text_encrypted, next_attempt_at, sent_at)
SELECT 'text', 'sent', id, 'x', NULL, :at FROM customer
"""
EVENT = """
INSERT INTO cc_automation_events
    (event_type, dedupe_key, subject_ref, payload, status, created_at, sent_at, dead_at,
     next_attempt_at)
VALUES (:type, gen_random_uuid()::text, 'x:1', CAST(:payload AS jsonb), :status, :at,
        CASE WHEN :status = 'sent' THEN CAST(:at AS timestamptz) + make_interval(secs => :took) END,
        CASE WHEN :dead THEN CAST(:at AS timestamptz) END,
        CASE WHEN :status <> 'sent' AND NOT :dead THEN CAST(:at AS timestamptz) END)
"""
ITEM = """
INSERT INTO cc_admin_inbox_items (type, severity, title, body, dedupe_key, created_at, status,
                                  closed_at)
VALUES ('t', :severity, 't', 'b', gen_random_uuid()::text, :at,
        CASE WHEN CAST(:closed AS timestamptz) IS NULL THEN 'open' ELSE 'resolved' END, :closed)
"""


class Writer:
    """Writes one row at a time, at noon of the day unless told otherwise."""

    def __init__(self, read: Read) -> None:
        self._read = read

    def __call__(self, statement: str, at: str = "2026-11-21T12:00Z", **values: Any) -> None:
        self._read(statement, at=at, **values)

    def event(self, at: str = "2026-11-21T12:00Z", **values: Any) -> None:
        defaults = {"type": "t", "payload": "{}", "status": "sent", "took": 0.01, "dead": False}
        self(EVENT, at, **{**defaults, **values})


def summarise(
    sessions: Sessions, day: date | None = DAY, timezone: str = "UTC", now: datetime = NOON
) -> DailySummaryResult:
    return summarise_day(sessions, day=day, timezone=timezone, now=now)


@pytest.fixture
def write(read: Read) -> Writer:
    return Writer(read)
