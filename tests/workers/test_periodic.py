"""Periodic runs with a real beat, real workers and a real broker."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from app.core.database import Sessions
from app.periodic.runs import ensure_first_start
from tests.workers.conftest import StartCelery, eventually

Rows = list[dict[str, Any]]
Read = Callable[[str], Rows]

RUNS = "SELECT job, slot, outcome, started_at FROM cc_job_runs ORDER BY id"
A_MINUTE_AND_SOME = 75.0


@pytest.fixture
def read(sessions: Sessions) -> Read:
    """Return a function that reads rows."""

    def run(statement: str) -> Rows:
        with sessions.begin() as session:
            return [dict(row) for row in session.execute(text(statement)).mappings()]

    return run


@pytest.fixture
def in_use(sessions: Sessions) -> datetime:
    """Say that this installation has been in use for two days."""
    with sessions.begin() as session:
        return ensure_first_start(session, datetime.now(UTC) - timedelta(days=2))


def start_beat(start_celery: StartCelery, **settings: str) -> None:
    start_celery("beat", "--loglevel", "info", ready="celery beat", **settings)


def start_periodic(start_celery: StartCelery, **settings: str) -> None:
    worker = ["worker", "--queues", "periodic", "--concurrency", "2", "--loglevel", "info"]
    start_celery(*worker, "--without-gossip", "--without-mingle", **settings)


@pytest.mark.slow
@pytest.mark.usefixtures("in_use")
def test_two_beats_run_each_owed_slot_once(start_celery: StartCelery, read: Read) -> None:
    every_minute = {"AUTOMATION_OTP_STUCK_EVERY_MINUTES": "1"}
    start_periodic(start_celery, **every_minute)
    for _ in range(2):
        start_beat(start_celery, **every_minute)

    owed = eventually(lambda: _done(read, "daily-summary") and _done(read, "otp-stuck"))
    eventually(lambda: len(_done(read, "otp-stuck")) > len(owed), within=A_MINUTE_AND_SOME)

    runs = read(RUNS)
    slots = [(run["job"], run["slot"]) for run in runs]
    assert len(slots) == len(set(slots))
    assert {run["outcome"] for run in runs} == {"done"}
    on_time = _done(read, "otp-stuck")[-1]
    late = on_time["started_at"] - datetime.fromisoformat(on_time["slot"])
    assert late < timedelta(seconds=10)
    (summaries,) = read("SELECT count(*) FROM cc_daily_summaries")
    assert summaries["count"] == len(_done(read, "daily-summary")) == 2


@pytest.mark.usefixtures("in_use")
def test_without_beat_the_dispatcher_reports_missing_runs(
    start_celery: StartCelery, read: Read
) -> None:
    worker = ["worker", "--queues", "dispatch", "--concurrency", "1", "--loglevel", "info"]
    start_celery(*worker, "--without-gossip", "--without-mingle", app="tests.workers.impatient")

    items = "SELECT * FROM cc_admin_inbox_items WHERE type = 'periodic_run_missed' ORDER BY title"
    summary, otp_stuck, trends = eventually(lambda: _three(read(items)))
    assert summary["title"].startswith("Periodic job daily-summary: ")
    assert otp_stuck["title"].startswith("Periodic job otp-stuck: ")
    assert trends["title"].startswith("Periodic job trend-hours: ")
    assert summary["severity"] == otp_stuck["severity"] == "warning"


def _done(read: Read, job: str) -> Rows:
    return [run for run in read(RUNS) if run["job"] == job]


def _three(rows: Rows) -> Rows | None:
    return rows if len(rows) == 3 else None
