"""The summary of a business date: right figures, stored once, told once, without secrets."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from app.bootstrap import Container
from app.checkers.daily_summary import DailySummaryResult, summarise_day
from app.core.database import Sessions
from app.core.errors import InvalidInput
from app.dispatch.dispatch import dispatch_due
from tests.checkers.conftest import NOON
from tests.whatsapp import CUSTOMER, REPORT, Customer, Read, wrong

DAY = date(2026, 11, 21)

CASE = """
WITH job AS (
    INSERT INTO cc_verification_jobs
        (status, phone_encrypted, phone_fingerprint, phone_masked, language, report,
         created_at, closed_at)
    VALUES ('verified', 'x', gen_random_uuid()::text, '••• 0000', 'en', 'fraud', :at,
            CAST(:at AS timestamptz) + interval '40 seconds')
    RETURNING id)
INSERT INTO cc_fraud_cases
    (verification_job_id, phone_encrypted, phone_fingerprint, phone_masked, language, report,
     created_at)
SELECT id, 'x', gen_random_uuid()::text, '••• 0000', 'en', 'fraud', :at FROM job
"""
VERIFICATION = """
INSERT INTO cc_verification_jobs
    (status, phone_encrypted, phone_fingerprint, phone_masked, language, report, created_at,
     closed_at)
VALUES (:status, 'x', gen_random_uuid()::text, '••• 0000', 'en', 'fraud', :at,
        CASE WHEN :status <> 'awaiting_verification' THEN CAST(:at AS timestamptz) END)
"""
SENT = """
INSERT INTO cc_outbound_jobs
    (kind, status, recipient_encrypted, recipient_fingerprint, recipient_masked, text_encrypted,
     next_attempt_at, sent_at)
VALUES ('text', 'sent', 'x', 'x', '••• 0000', 'x', NULL, :at)
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


@pytest.fixture
def write(read: Read) -> Any:
    """Return a function that writes one row, at noon of the day unless told otherwise."""

    def run(statement: str, at: str = "2026-11-21T12:00Z", **values: Any) -> None:
        read(statement, at=at, **values)

    return run


def event(write: Any, at: str = "2026-11-21T12:00Z", **values: Any) -> None:
    defaults = {"type": "t", "payload": "{}", "status": "sent", "took": 0.01, "dead": False}
    write(EVENT, at, **{**defaults, **values})


def summarise(
    sessions: Sessions, day: date | None = DAY, timezone: str = "UTC", now: datetime = NOON
) -> DailySummaryResult:
    return summarise_day(sessions, day=day, timezone=timezone, now=now)


def test_an_empty_day_is_all_zeros_and_says_so(sessions: Sessions, read: Read) -> None:
    summary = summarise(sessions).summary

    assert summary["cases"] == {"opened": 0}
    assert summary["verifications"]["started"] == 0
    assert set(summary["verifications"]["rates"].values()) == {None}
    assert summary["verifications"]["median_seconds_to_verify"] is None
    assert summary["outbound"] == {"sent": 0, "failed": 0, "failed_by_cause": []}
    assert summary["events"] == {"recorded": 0, "by_type": {}}
    assert summary["dispatch_latency_ms"] == {"p50": None, "p95": None}
    assert summary["dead_letters"] == 0
    assert summary["inbox"]["still_open"] == dict.fromkeys(
        ["info", "warning", "error", "critical"], 0
    )
    (recorded,) = read("SELECT payload FROM cc_automation_events")
    assert recorded["payload"]["headline"].startswith("A quiet day")


def test_cases_and_verifications_are_those_that_began_on_the_day(
    sessions: Sessions, write: Any
) -> None:
    write(CASE, "2026-11-20T23:59:59Z")
    write(CASE, "2026-11-21T00:00Z")
    write(CASE, "2026-11-21T23:59:59Z")
    write(CASE, "2026-11-22T00:00Z")
    write(VERIFICATION, status="exhausted")
    write(VERIFICATION, "2026-11-21T13:00Z", status="awaiting_verification")

    summary = summarise(sessions).summary

    assert summary["cases"] == {"opened": 2}
    assert summary["verifications"] == {
        "started": 4,
        "by_status": {
            "awaiting_verification": 1,
            "verified": 2,
            "exhausted": 1,
            "cancelled": 0,
        },
        "rates": {
            "awaiting_verification": 0.25,
            "verified": 0.5,
            "exhausted": 0.25,
            "cancelled": 0.0,
        },
        "median_seconds_to_verify": 40.0,
    }


def test_outbound_failures_are_counted_by_their_cause(sessions: Sessions, write: Any) -> None:
    for _ in range(3):
        write(SENT)
    write(SENT, "2026-11-22T00:00Z")
    for code, reason, times in ((131026, "Not on WhatsApp.", 2), (None, "No answer.", 1)):
        payload = json.dumps({"reason": reason, "provider_code": code})
        for _ in range(times):
            event(write, type="outbound_failed_max_attempts", payload=payload)

    assert summarise(sessions).summary["outbound"] == {
        "sent": 3,
        "failed": 3,
        "failed_by_cause": [
            {"provider_code": 131026, "reason": "Not on WhatsApp.", "count": 2},
            {"provider_code": None, "reason": "No answer.", "count": 1},
        ],
    }


def test_events_are_counted_by_type_and_outcome_with_their_latency(
    sessions: Sessions, write: Any
) -> None:
    for hundredths in range(1, 101):
        event(write, type="a", took=hundredths / 100)
    event(write, type="a", status="pending")
    event(write, type="b", status="failed")
    event(write, type="b", status="failed", dead=True)
    event(write, "2026-11-20T12:00Z", type="a", took=3600)

    summary = summarise(sessions).summary

    assert summary["events"] == {
        "recorded": 103,
        "by_type": {
            "a": {"sent": 100, "pending": 1, "failed": 0, "dead": 0},
            "b": {"sent": 0, "pending": 0, "failed": 1, "dead": 1},
        },
    }
    assert summary["dispatch_latency_ms"] == {"p50": 505.0, "p95": 950.5}
    assert summary["dead_letters"] == 1


def test_the_inbox_is_counted_as_it_stood_when_the_day_ended(
    sessions: Sessions, write: Any
) -> None:
    write(ITEM, "2026-11-21T23:30Z", severity="critical", closed=None)
    write(ITEM, "2026-11-21T01:00Z", severity="critical", closed="2026-11-22T08:00Z")
    write(ITEM, "2026-11-20T01:00Z", severity="error", closed=None)
    write(ITEM, "2026-10-20T01:00Z", severity="error", closed=None)
    write(ITEM, "2026-11-20T01:00Z", severity="info", closed="2026-11-21T09:00Z")
    write(ITEM, "2026-11-22T01:00Z", severity="info", closed=None)

    inbox = summarise(sessions).summary["inbox"]

    assert inbox["opened"] == {"info": 0, "warning": 0, "error": 0, "critical": 2}
    assert inbox["closed"] == {"info": 1, "warning": 0, "error": 0, "critical": 0}
    assert inbox["still_open"] == {"info": 0, "warning": 0, "error": 2, "critical": 2}
    nothing = {"under_1_hour": 0, "under_1_day": 0, "under_1_week": 0, "older": 0}
    assert inbox["still_open_by_age"] == {
        "info": nothing,
        "warning": nothing,
        "error": nothing | {"under_1_week": 1, "older": 1},
        "critical": nothing | {"under_1_hour": 1, "under_1_day": 1},
    }


@pytest.mark.parametrize(
    "day, starts_at, ends_at",
    [
        (date(2026, 3, 29), "2026-03-28T23:00:00+00:00", "2026-03-29T22:00:00+00:00"),
        (date(2026, 10, 25), "2026-10-24T22:00:00+00:00", "2026-10-25T23:00:00+00:00"),
    ],
)
def test_a_day_on_which_the_clocks_change_holds_each_of_its_instants_once(
    sessions: Sessions, write: Any, day: date, starts_at: str, ends_at: str
) -> None:
    start, end = datetime.fromisoformat(starts_at), datetime.fromisoformat(ends_at)
    instant = timedelta(microseconds=1)
    for at in (start - instant, start, end - instant, end):
        write(CASE, at.isoformat())

    results = [
        summarise(sessions, day=day + timedelta(days=n), timezone="Europe/Madrid")
        for n in (-1, 0, 1)
    ]

    assert [result.summary["cases"]["opened"] for result in results] == [1, 2, 1]
    assert results[1].summary["starts_at"] == starts_at
    assert results[1].summary["ends_at"] == ends_at
    assert results[1].summary["timezone"] == "Europe/Madrid"


def test_a_rerun_returns_what_is_stored_and_makes_no_second_item(
    container: Container, write: Any, read: Read
) -> None:
    first = summarise(container.sessions)
    write(CASE)
    again = summarise(container.sessions)
    dispatch_due(container.dispatcher)

    assert (first.is_new, again.is_new) == (True, False)
    assert again.summary == first.summary
    (stored,) = read("SELECT business_date, summary FROM cc_daily_summaries")
    assert stored == {"business_date": DAY, "summary": first.summary}
    (item,) = read("SELECT title, severity, event_id FROM cc_admin_inbox_items")
    assert item["title"] == "Operational summary of 2026-11-21"
    assert item["severity"] == "info"


def test_summaries_at_the_same_instant_are_one(sessions: Sessions, read: Read) -> None:
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda _: summarise(sessions), range(4)))
    assert sorted(result.is_new for result in results) == [False, False, False, True]
    (events,) = read("SELECT count(*), min(dedupe_key) AS key FROM cc_automation_events")
    assert events == {"count": 1, "key": "daily_operational_summary_ready:2026-11-21"}


def test_without_a_date_it_is_the_last_that_is_over_where_people_live(sessions: Sessions) -> None:
    now = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)
    in_madrid = summarise(sessions, day=None, timezone="Europe/Madrid", now=now)
    in_lima = summarise(sessions, day=None, timezone="America/Lima", now=now)
    assert in_madrid.business_date == date(2026, 11, 22)
    assert in_lima.business_date == date(2026, 11, 21)


@pytest.mark.parametrize(
    "day", [date(2026, 11, 22), date(2026, 11, 23), date.max, date.min, date(1999, 12, 31)]
)
def test_a_date_that_is_not_over_or_too_long_ago_is_refused(
    sessions: Sessions, read: Read, day: date
) -> None:
    with pytest.raises(
        InvalidInput, match="must be over in UTC, where it is 2026-11-22"
    ) as refusal:
        summarise(sessions, day=day)
    assert refusal.value.field == "date"
    assert read("SELECT id FROM cc_daily_summaries") == []


def test_a_busy_day_is_told_in_words_that_redaction_leaves_whole(
    container: Container, write: Any, read: Read
) -> None:
    write(CASE)
    read(
        SENT.replace("VALUES (", "SELECT ").rstrip(")\n") + " FROM generate_series(1, 123456)",
        at="2026-11-21T12:00Z",
    )
    event(write, type="outbound_failed_max_attempts", payload='{"reason": "Not on WhatsApp."}')
    write(ITEM, "2026-11-21T23:30Z", severity="critical", closed=None)

    summarise(container.sessions)
    read("DELETE FROM cc_admin_inbox_items")
    dispatch_due(container.dispatcher)

    (item,) = read("SELECT body FROM cc_admin_inbox_items")
    assert item["body"] == (
        "1 fraud case opened, 123,456 messages sent and 1 failed, 0 dead letters,"
        " 1 item still open.\n"
        "\n"
        "Verifications: 1 began, 1 verified (100%); half were verified within 40 s.\n"
        "Messages: 123,456 sent, 1 failed for good.\n"
        "  1: Not on WhatsApp.\n"
        "Events: 1 recorded, 1 of them sent; in the inbox within 10.0 ms (half)"
        " and 10.0 ms (95 %).\n"
        "Inbox: 1 opened, 0 closed, 1 still open when the day ended.\n"
        "  critical: 1 (1 under 1 hour)"
    )


def test_a_summary_of_real_conversations_holds_no_number_and_no_code(
    container: Container, customer: Customer, read: Read
) -> None:
    customer.write(REPORT)
    code = customer.code()
    customer.write(wrong(code))
    customer.write(code)
    customer.run()
    dispatch_due(container.dispatcher)

    tomorrow = datetime.now(UTC) + timedelta(days=1)
    result = summarise(container.sessions, day=None, now=tomorrow)
    (recorded,) = read("SELECT payload FROM cc_automation_events WHERE event_type LIKE 'daily%'")

    assert result.summary["cases"] == {"opened": 1}
    assert result.summary["verifications"]["rates"]["verified"] == 1.0
    written = json.dumps([result.summary, recorded["payload"]])
    assert code not in written
    assert CUSTOMER.removeprefix("+") not in written
