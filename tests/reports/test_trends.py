"""Trends: what each hour counts, when it is counted again, and what is counted live."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from app.core.database import Sessions
from app.reports.durations import Times
from app.reports.hour_figures import EventCause, MessageCause
from app.reports.hour_sums import TypeNoise
from app.reports.trend_hours import count_owed_hours, ranges_of
from app.reports.trends import SlotFigures, Trends, read_trends
from app.reports.windows import Window
from tests.reports.days import Writer, write
from tests.whatsapp import Read, read

__all__ = ["read", "write"]

NOW = datetime(2026, 11, 22, 12, 34, tzinfo=UTC)
DUE = NOW.replace(minute=0)
HOUR = timedelta(hours=1)
ITEM = """
INSERT INTO cc_admin_inbox_items (id, type, severity, title, body, dedupe_key, created_at, event_id)
OVERRIDING SYSTEM VALUE VALUES (:id, :type, :severity, 't', 'b', :id, :at, :event_id)
"""
ACT = """
INSERT INTO cc_admin_inbox_activity (item_id, actor, action, from_status, to_status, reason, at)
VALUES (:id, :actor, :action, :before, :after, :reason, :at)
"""
ATTEMPT = """
INSERT INTO cc_automation_event_attempts
    (event_id, budget, attempt, error, error_fingerprint, worker, at)
SELECT id, 1, :attempt, :error, :error, 'w', :at FROM cc_automation_events ORDER BY id LIMIT 1
"""
RETRIED = """
INSERT INTO cc_automation_event_activity (event_id, actor, action, from_status, to_status)
SELECT id, 'ana', 'retry', 'failed', 'pending' FROM cc_automation_events;
"""


class Acts:
    """Writes items and acts on them."""

    def __init__(self, write: Writer) -> None:
        self._write = write

    def item(self, item_id: int, at: str, **values: Any) -> None:
        defaults = {"type": "t", "severity": "critical", "event_id": None}
        self._write(ITEM, at, **{**defaults, "id": item_id, **values})

    def act(self, item_id: int, at: str, action: str, before: str, after: str, **more: Any) -> None:
        values = {"actor": "ana", "reason": None, **more}
        self._write(ACT, at, id=item_id, action=action, before=before, after=after, **values)


@pytest.fixture
def acts(write: Writer) -> Acts:
    return Acts(write)


def count(sessions: Sessions, now: datetime = DUE) -> int:
    with sessions.begin() as session:
        return count_owed_hours(session, now)


def trends(sessions: Sessions, window: Window = Window.DAY, now: datetime = NOW) -> Trends:
    with sessions.begin() as session:
        return read_trends(session, window, now=now, timezone="UTC")


def slot(found: Trends, hour: int) -> SlotFigures:
    [slot] = [each for each in found.slots if each.starts_at == NOW.replace(hour=hour, minute=0)]
    return slot


def test_an_event_counts_in_the_hour_of_its_record_with_its_outcome(
    sessions: Sessions, write: Writer
) -> None:
    write.event("2026-11-22T08:59:59.999Z")
    write.event("2026-11-22T09:00Z")
    write.event("2026-11-22T09:59:59.999Z", status="failed", dead=True)
    write.event("2026-11-22T09:30Z", status="failed")
    write.event("2026-11-22T09:30Z", status="pending")
    count(sessions)
    assert slot(trends(sessions), 9).events == {"sent": 1, "waiting": 2, "dead": 1}
    assert trends(sessions, Window.MONTH).slots[-1].events == {"sent": 2, "waiting": 2, "dead": 1}


def test_the_hours_after_the_last_count_are_counted_live(sessions: Sessions, write: Writer) -> None:
    count(sessions, DUE - HOUR)
    write.event("2026-11-22T11:20Z")
    write.event("2026-11-22T12:20Z")
    found = trends(sessions)
    assert [slot(found, hour).events["sent"] for hour in (10, 11, 12)] == [0, 1, 1]
    assert found.missing_hours == 0


def test_hours_that_nothing_has_counted_are_said_to_be_missing(
    sessions: Sessions, write: Writer
) -> None:
    assert trends(sessions).missing_hours == 0
    write.event("2026-11-22T07:30Z")
    assert trends(sessions).missing_hours == 3
    count(sessions)
    found = trends(sessions)
    assert (found.missing_hours, slot(found, 7).events["sent"]) == (0, 1)


def test_a_second_count_changes_nothing(sessions: Sessions, write: Writer, read: Read) -> None:
    write.event("2026-11-22T07:30Z")
    assert count(sessions) == 31 * 24
    first = read("SELECT hour, figures FROM cc_trend_hours ORDER BY hour")
    assert count(sessions) == 1
    assert read("SELECT hour, figures FROM cc_trend_hours ORDER BY hour") == first


def test_an_hour_is_counted_again_while_an_event_of_it_waits(
    sessions: Sessions, write: Writer
) -> None:
    write.event("2026-11-20T09:30Z", status="pending")
    count(sessions)
    with sessions.begin() as session:
        session.execute(
            text(
                "UPDATE cc_automation_events SET status = 'sent', sent_at = now(),"
                " next_attempt_at = NULL"
            )
        )
    count(sessions, DUE + HOUR)
    found = trends(sessions, Window.TWO_WEEKS, NOW + HOUR)
    assert found.slots[-3].events == {"sent": 1, "waiting": 0, "dead": 0}


def test_an_hour_is_counted_again_after_a_person_retried_a_dead_letter_of_it(
    sessions: Sessions, write: Writer, read: Read
) -> None:
    write.event("2026-11-20T09:30Z", status="failed", dead=True)
    count(sessions)
    with sessions.begin() as session:
        session.execute(text(RETRIED))
        session.execute(
            text(
                "UPDATE cc_automation_events SET status = 'pending', dead_at = NULL,"
                " next_attempt_at = now()"
            )
        )
    assert count(sessions) == 2
    (row,) = read(
        "SELECT figures->'events' AS events FROM cc_trend_hours WHERE hour = '2026-11-20T09:00Z'"
    )
    assert row["events"] == {"sent": 0, "waiting": 1, "dead": 0}


def test_times_run_from_the_event_to_the_first_act_and_to_the_resolution(
    sessions: Sessions, write: Writer, acts: Acts, read: Read
) -> None:
    write.event("2026-11-22T08:00Z")
    (event,) = read("SELECT id FROM cc_automation_events")
    acts.item(1, "2026-11-22T08:30Z", event_id=event["id"])
    acts.act(1, "2026-11-22T08:32Z", "acknowledge", "open", "acknowledged")
    acts.act(1, "2026-11-22T09:04Z", "resolve", "acknowledged", "resolved")
    acts.act(1, "2026-11-22T09:10Z", "reopen", "resolved", "open")
    acts.act(1, "2026-11-22T09:20Z", "acknowledge", "open", "acknowledged")
    acts.item(2, "2026-11-22T08:00Z", severity="info")
    acts.act(2, "2026-11-22T10:00Z", "resolve", "open", "resolved")

    count(sessions)
    found = trends(sessions)

    assert found.acknowledged["critical"] == Times(1, *[_close(32 * 60)] * 2)
    assert found.resolved["critical"] == Times(1, *[_close(64 * 60)] * 2)
    assert found.acknowledged["info"] == found.resolved["info"]
    assert found.acknowledged["info"].count == 1
    assert found.acknowledged["warning"] == Times(0, None, None)
    assert (slot(found, 8).opened, slot(found, 9).opened) == (2, 1)
    assert (slot(found, 9).closed, slot(found, 10).closed) == (1, 1)


def test_what_automation_does_closes_an_item_but_acknowledges_none(
    sessions: Sessions, acts: Acts
) -> None:
    acts.item(1, "2026-11-22T08:30Z")
    acts.act(1, "2026-11-22T09:00Z", "resolve", "open", "resolved", actor="automation")
    count(sessions)
    found = trends(sessions)
    assert (found.acknowledged["critical"].count, found.resolved["critical"].count) == (0, 1)


def test_an_act_that_was_undone_does_not_count(sessions: Sessions, acts: Acts) -> None:
    acts.item(1, "2026-11-22T08:30Z")
    acts.act(1, "2026-11-22T09:00:00Z", "resolve", "open", "resolved")
    acts.act(1, "2026-11-22T09:00:10Z", "undo", "resolved", "open")
    count(sessions)
    found = trends(sessions)
    assert (found.resolved["critical"].count, slot(found, 9).closed, slot(found, 9).opened) == (
        *(0, 0, 0),
    )


def test_noise_is_counted_by_type_and_reason(sessions: Sessions, acts: Acts) -> None:
    for item_id, reason in enumerate(("false_alarm", "false_alarm", None), start=1):
        acts.item(item_id, "2026-11-22T08:30Z")
        acts.act(item_id, "2026-11-22T09:00Z", "dismiss", "open", "dismissed", reason=reason)
    acts.item(4, "2026-11-22T08:30Z")
    acts.act(4, "2026-11-22T10:00Z", "resolve", "open", "resolved")
    count(sessions)
    expected = TypeNoise(type="t", closed=4, dismissed=3, reasons={"false_alarm": 2, "none": 1})
    assert trends(sessions).noise == [expected]


def test_causes_are_counted_by_type_and_error_over_all_hours(
    sessions: Sessions, write: Writer
) -> None:
    payload = '{"reason": "Not on WhatsApp.", "provider_code": 131026}'
    for hour in ("08", "09"):
        write.event(f"2026-11-22T{hour}:00Z", type="outbound_failed_max_attempts", payload=payload)
    write(ATTEMPT, "2026-11-22T08:10Z", attempt=1, error="KeyError +34600111222")
    write(ATTEMPT, "2026-11-22T09:10Z", attempt=2, error="KeyError +34600111222")
    count(sessions)
    found = trends(sessions)
    cause = EventCause("outbound_failed_max_attempts", "KeyError ••• 1222", 1, 2)
    assert found.failed_events == [cause]
    assert found.failed_messages == [MessageCause("Not on WhatsApp.", 131026, 2)]


def test_old_rows_are_deleted_after_400_days(sessions: Sessions, read: Read) -> None:
    count(sessions)
    count(sessions, NOW + timedelta(days=400))
    (oldest,) = read("SELECT min(hour) AS hour FROM cc_trend_hours")
    assert oldest["hour"] >= NOW - HOUR


def test_ranges_are_cut_at_gaps_and_at_the_limit() -> None:
    hours = [NOW + n * HOUR for n in (0, 1, 2, 3, 7, 9)]
    assert list(ranges_of(hours, most=3)) == [
        (hours[0], hours[2]),
        (hours[3], hours[3]),
        (hours[4], hours[4]),
        (hours[5], hours[5]),
    ]
    assert list(ranges_of([], most=3)) == []


def _close(seconds: float) -> Any:
    return pytest.approx(seconds, rel=0.045)
