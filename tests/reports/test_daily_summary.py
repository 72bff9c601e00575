"""The daily summary is stored once, reported once, and contains no secrets."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest

from app.bootstrap import Container
from app.core.database import Sessions
from app.core.errors import InvalidInput
from app.dispatch.dispatch import dispatch_due
from tests.reports.days import CASE, DAY, ITEM, SENT, Writer, summarise, write
from tests.whatsapp import CUSTOMER, REPORT, Customer, Read, wrong

__all__ = ["write"]


def test_a_rerun_returns_what_is_stored_and_makes_no_second_item(
    container: Container, write: Writer, read: Read
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


def test_concurrent_summaries_store_one(sessions: Sessions, read: Read) -> None:
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda _: summarise(sessions), range(4)))
    assert sorted(result.is_new for result in results) == [False, False, False, True]
    (events,) = read("SELECT count(*), min(dedupe_key) AS key FROM cc_automation_events")
    assert events == {"count": 1, "key": "daily_operational_summary_ready:2026-11-21"}


def test_without_a_date_the_last_complete_local_date_is_summarised(sessions: Sessions) -> None:
    now = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)
    in_madrid = summarise(sessions, day=None, timezone="Europe/Madrid", now=now)
    in_lima = summarise(sessions, day=None, timezone="America/Lima", now=now)
    assert in_madrid.business_date == date(2026, 11, 22)
    assert in_lima.business_date == date(2026, 11, 21)


@pytest.mark.parametrize(
    "day", [date(2026, 11, 22), date(2026, 11, 23), date.max, date.min, date(1999, 12, 31)]
)
def test_an_incomplete_or_too_old_date_is_refused(
    sessions: Sessions, read: Read, day: date
) -> None:
    with pytest.raises(
        InvalidInput, match="must be before 2026-11-22, the current date in UTC"
    ) as refusal:
        summarise(sessions, day=day)
    assert refusal.value.field == "date"
    assert read("SELECT id FROM cc_daily_summaries") == []


def test_redaction_does_not_change_the_text_of_a_busy_day(
    container: Container, write: Writer, read: Read
) -> None:
    write(CASE)
    read(
        SENT.rstrip() + ", generate_series(1, 123456)",
        at="2026-11-21T12:00Z",
    )
    write.event(type="outbound_failed_max_attempts", payload='{"reason": "Not on WhatsApp."}')
    write(ITEM, "2026-11-21T23:30Z", severity="critical", closed=None)

    summarise(container.sessions)
    read("DELETE FROM cc_admin_inbox_items")
    dispatch_due(container.dispatcher)

    (item,) = read("SELECT body FROM cc_admin_inbox_items")
    assert item["body"] == (
        "1 fraud case opened, 123,456 messages sent and 1 failed, 0 dead letters,"
        " 1 item still open.\n"
        "\n"
        "Verifications: 1 started, 1 verified (100%); half were verified within 40 s.\n"
        "Messages: 123,456 sent, 1 finally failed.\n"
        "  1: Not on WhatsApp.\n"
        "Events: 1 recorded, 1 of them sent; in the inbox within 10.0 ms (half)"
        " and 10.0 ms (95 %).\n"
        "Inbox: 1 opened, 0 closed, 1 still open when the day ended.\n"
        "  critical: 1 (1 under 1 hour)"
    )


def test_a_summary_of_conversations_contains_no_number_and_no_code(
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
