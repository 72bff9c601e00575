"""Missing and failed runs are reported once."""

import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.bootstrap import Container, build
from app.core.database import Sessions
from app.core.settings import Settings
from app.dispatch.dispatch import dispatch_due
from app.periodic.jobs import PeriodicJob
from app.periodic.missed import report_missed
from app.periodic.runs import run_due
from tests.conftest import TurnableClock
from tests.periodic.conftest import NOON, JobOf
from tests.whatsapp import Read
from tests.workers.conftest import eventually
from workers.missed_run_monitor import monitor

EVENTS = "SELECT dedupe_key, payload FROM cc_automation_events ORDER BY id"
ITEMS = "SELECT * FROM cc_admin_inbox_items ORDER BY id"
MINUTE = timedelta(minutes=1)

pytestmark = pytest.mark.usefixtures("started")


@pytest.fixture
def since(started: datetime) -> datetime:
    return started


def test_a_missing_run_becomes_one_item_that_names_its_slot(
    container: Container, daily_summary: PeriodicJob, since: datetime, read: Read
) -> None:
    nine = NOON.replace(hour=9)
    sessions = container.sessions
    for minute in range(15, 60):
        report_missed(sessions, daily_summary, now=nine + minute * MINUTE, since=since)
    dispatch_due(container.dispatcher)

    (event,), (item,) = read(EVENTS), read(ITEMS)
    assert event["dedupe_key"] == "periodic_run_missed:daily-summary:2026-11-21"
    assert item["type"] == "periodic_run_missed"
    assert item["severity"] == "warning"
    assert item["title"] == "Periodic job daily-summary: the run 2026-11-21 is missing"
    assert "planned for 2026-11-22 09:00 UTC. No worker has run it." in item["body"]
    assert item["link_ref"] == "/automation/overview#periodic"


def test_concurrent_watchers_record_one_event(
    sessions: Sessions, otp_stuck: PeriodicJob, since: datetime, read: Read
) -> None:
    def look(_n: int) -> bool:
        return report_missed(sessions, otp_stuck, now=NOON + 5 * MINUTE, since=since) is not None

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(look, range(4))) == [False, False, False, True]
    assert len(read(EVENTS)) == 1


@pytest.mark.parametrize("late", [0, 4.99])
def test_a_run_is_not_missing_during_its_grace_time(
    sessions: Sessions, otp_stuck: PeriodicJob, since: datetime, late: float
) -> None:
    run_due(sessions, otp_stuck, now=NOON - MINUTE)
    assert report_missed(sessions, otp_stuck, now=NOON + late * MINUTE, since=since) is None


def test_a_late_run_within_its_grace_time_is_not_reported(
    sessions: Sessions, otp_stuck: PeriodicJob, since: datetime
) -> None:
    run_due(sessions, otp_stuck, now=NOON + 4 * MINUTE)
    assert report_missed(sessions, otp_stuck, now=NOON + 6 * MINUTE, since=since) is None


def test_a_run_that_failed_is_reported_with_its_error(
    sessions: Sessions, job_of: JobOf, since: datetime, read: Read
) -> None:
    job = job_of(lambda _session: dict[str, int]()["missing"])
    with pytest.raises(KeyError):
        run_due(sessions, job, now=NOON)

    assert report_missed(sessions, job, now=NOON + 5 * MINUTE, since=since) is not None
    (event,) = read(EVENTS)
    assert event["payload"]["reason"] == "It failed with: KeyError: 'missing'."


def test_after_a_full_stop_a_job_has_its_grace_time_to_catch_up(
    sessions: Sessions, daily_summary: PeriodicJob
) -> None:
    restart = NOON
    for minute in (0, 14):
        now = restart + minute * MINUTE
        assert report_missed(sessions, daily_summary, now=now, since=restart) is None
    overdue = report_missed(sessions, daily_summary, now=restart + 15 * MINUTE, since=restart)
    assert overdue is not None
    assert overdue.name == "2026-11-21"


def test_further_missing_runs_are_counted_on_the_open_item(
    container: Container, otp_stuck: PeriodicJob, since: datetime, read: Read
) -> None:
    for minute in range(60):
        now = NOON + (5 + minute) * MINUTE
        report_missed(container.sessions, otp_stuck, now=now, since=since)
        dispatch_due(container.dispatcher)

    (item,) = read(ITEMS)
    assert item["title"] == "Periodic job otp-stuck: the run 2026-11-22T12:00Z is missing"
    assert item["occurrences"] == 4


def test_a_summary_that_catches_up_in_time_is_not_reported(
    sessions: Sessions, daily_summary: PeriodicJob, since: datetime, read: Read
) -> None:
    nine = NOON.replace(hour=9)
    assert run_due(sessions, daily_summary, now=nine + 10 * MINUTE)
    for hours in range(1, 23):
        now = nine + timedelta(hours=hours)
        assert report_missed(sessions, daily_summary, now=now, since=since) is None
    assert all("missed" not in event["dedupe_key"] for event in read(EVENTS))


def test_a_slow_run_is_not_reported_twice(
    container: Container, job_of: JobOf, since: datetime, read: Read
) -> None:
    def work(session: Session) -> Mapping[str, Any]:
        report_missed(container.sessions, job, now=NOON + 6 * MINUTE, since=since)
        report_missed(container.sessions, job, now=NOON + 7 * MINUTE, since=since)
        return {"active": session.is_active}

    job = job_of(work)
    run_due(container.sessions, job, now=NOON + 5 * MINUTE)
    assert len(read(EVENTS)) == 1


def test_the_watcher_runs_until_it_is_stopped(
    settings: Settings, clock: TurnableClock, since: datetime, read: Read
) -> None:
    stopping = threading.Event()
    container = build(settings, process="watch", clock=clock)
    options = {"since": since, "every": 0.02}
    thread = threading.Thread(target=monitor, args=(container, stopping), kwargs=options)
    thread.start()
    eventually(lambda: len(read(EVENTS)) == 3)
    clock.advance(minutes=15)
    eventually(lambda: len(read(EVENTS)) == 5)
    stopping.set()
    thread.join()

    keys = [event["dedupe_key"] for event in read(EVENTS)]
    assert set(keys[:3]) == {
        "periodic_run_missed:otp-stuck:2026-11-22T11:45Z",
        "periodic_run_missed:daily-summary:2026-11-21",
        "periodic_run_missed:trend-hours:2026-11-22T11:00Z",
    }
    assert set(keys[3:]) == {
        "periodic_run_missed:otp-stuck:2026-11-22T12:00Z",
        "periodic_run_missed:trend-hours:2026-11-22T12:00Z",
    }
