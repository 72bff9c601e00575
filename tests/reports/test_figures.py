"""The figures of a day, exact at its first and last instant."""

import json
from datetime import date, datetime, timedelta

import pytest

from app.core.database import Sessions
from tests.reports.days import CASE, ITEM, SENT, VERIFICATION, Writer, summarise, write
from tests.whatsapp import Read

__all__ = ["write"]


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


def test_cases_and_verifications_count_on_the_day_they_began(
    sessions: Sessions, write: Writer
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
        "expired": 0,
        "by_status": {
            "awaiting_verification": 1,
            "verified": 2,
            "exhausted": 1,
            "cancelled": 0,
            "expired": 0,
        },
        "rates": {
            "awaiting_verification": 0.25,
            "verified": 0.5,
            "exhausted": 0.25,
            "cancelled": 0.0,
            "expired": 0.0,
        },
        "median_seconds_to_verify": 40.0,
    }


def test_expired_verifications_are_counted_on_the_day_they_expired(
    sessions: Sessions, write: Writer, read: Read
) -> None:
    for began in ("2026-11-20T12:00Z", "2026-11-21T01:00Z", "2026-11-22T12:00Z"):
        write(VERIFICATION, began, status="expired")
    read("UPDATE cc_verification_jobs SET closed_at = created_at + interval '20 hours'")

    summary = summarise(sessions).summary

    assert summary["verifications"]["expired"] == 2
    assert summary["verifications"]["started"] == 1
    (recorded,) = read("SELECT payload FROM cc_automation_events")
    words = recorded["payload"]["report"]
    assert "2 verifications expired on this day" in words


def test_a_day_on_which_a_verification_expired_is_not_quiet(
    sessions: Sessions, write: Writer, read: Read
) -> None:
    write(VERIFICATION, "2026-11-20T23:00Z", status="expired")
    read("UPDATE cc_verification_jobs SET closed_at = created_at + interval '2 hours'")
    summarise(sessions)
    (recorded,) = read("SELECT payload FROM cc_automation_events")
    assert "quiet" not in recorded["payload"]["headline"]


def test_outbound_failures_are_counted_by_their_cause(sessions: Sessions, write: Writer) -> None:
    for _ in range(3):
        write(SENT)
    write(SENT, "2026-11-22T00:00Z")
    for code, reason, times in ((131026, "Not on WhatsApp.", 2), (None, "No answer.", 1)):
        payload = json.dumps({"reason": reason, "provider_code": code})
        for _ in range(times):
            write.event(type="outbound_failed_max_attempts", payload=payload)

    assert summarise(sessions).summary["outbound"] == {
        "sent": 3,
        "failed": 3,
        "failed_by_cause": [
            {"provider_code": 131026, "reason": "Not on WhatsApp.", "count": 2},
            {"provider_code": None, "reason": "No answer.", "count": 1},
        ],
    }


def test_events_are_counted_by_type_and_outcome_with_their_latency(
    sessions: Sessions, write: Writer
) -> None:
    for hundredths in range(1, 101):
        write.event(type="a", took=hundredths / 100)
    write.event(type="a", status="pending")
    write.event(type="b", status="failed")
    write.event(type="b", status="failed", dead=True)
    write.event("2026-11-20T12:00Z", type="a", took=3600)

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


def test_the_inbox_is_counted_as_of_the_end_of_the_day(sessions: Sessions, write: Writer) -> None:
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
def test_a_day_with_a_clock_change_counts_each_row_once(
    sessions: Sessions, write: Writer, day: date, starts_at: str, ends_at: str
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
