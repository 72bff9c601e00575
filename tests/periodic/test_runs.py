"""Each slot runs once, also with concurrent, failing and killed processes."""

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app.bootstrap import Container
from app.core.database import Sessions
from app.core.settings import Settings
from app.periodic.jobs import PeriodicJob
from app.periodic.missed import report_missed
from app.periodic.queries import last_runs
from app.periodic.runs import run_due, run_slot
from devtools import ROOT
from tests.conftest import SECRETS
from tests.periodic.conftest import NOON, JobOf
from tests.whatsapp import REPORT, Customer, Read

RUNS = "SELECT job, slot, outcome, detail FROM cc_job_runs ORDER BY id"


def test_a_slot_runs_once_and_its_outcome_is_stored(
    sessions: Sessions, job_of: JobOf, read: Read
) -> None:
    job = job_of(lambda _session: 7)
    slot = job.schedule.latest(NOON)

    assert [run_slot(sessions, job, slot) for _ in range(3)] == [True, False, False]

    (run,) = read(RUNS)
    assert run == {
        "job": "probe",
        "slot": "2026-11-22T12:00Z",
        "outcome": "done",
        "detail": {"result": 7},
    }


def test_of_many_concurrent_runs_of_a_slot_one_does_the_work(
    sessions: Sessions, job_of: JobOf
) -> None:
    together, done = Barrier(4), list[int]()

    def work(session: Session) -> None:
        session.execute(text("SELECT pg_sleep(0.2)"))
        done.append(1)

    def run(_n: int) -> bool:
        together.wait()
        return run_slot(sessions, job, job.schedule.latest(NOON))

    job = job_of(work)
    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(run, range(4))) == [False, False, False, True]
    assert done == [1]


def test_the_slot_of_a_killed_process_is_free_again(
    settings: Settings, sessions: Sessions, job_of: JobOf, read: Read
) -> None:
    environ = {**os.environ, **SECRETS, "DATABASE_URL": settings.database_url}
    environ["CELERY_BROKER_URL"] = settings.celery_broker_url
    command = [sys.executable, "-m", "tests.periodic.dying_run"]
    died = subprocess.run(command, cwd=ROOT, env=environ, check=False)
    assert died.returncode == -signal.SIGKILL
    assert read(RUNS) == []
    assert read("SELECT name FROM cc_heartbeats") == []

    job = job_of(lambda _session: "at last")
    assert run_slot(sessions, job, job.schedule.latest(NOON))


def test_a_run_that_raises_stores_only_its_failure(
    sessions: Sessions, job_of: JobOf, read: Read
) -> None:
    def work(session: Session) -> None:
        session.execute(text("INSERT INTO cc_heartbeats (name) VALUES ('half-done')"))
        raise KeyError("call +34 600 111 222")

    job = job_of(work)
    with pytest.raises(KeyError):
        run_slot(sessions, job, job.schedule.latest(NOON))

    assert not run_slot(sessions, job, job.schedule.latest(NOON))
    (run,) = read(RUNS)
    assert run["outcome"] == "failed"
    assert run["detail"] == {"error": "KeyError: 'call ••• 1222'"}
    assert read("SELECT name FROM cc_heartbeats") == []


def test_a_run_that_meets_a_busy_database_leaves_its_slot_free(
    sessions: Sessions, job_of: JobOf, read: Read
) -> None:
    def work(session: Session) -> None:
        session.execute(text("SET LOCAL lock_timeout = 20"))
        session.execute(text("LOCK TABLE cc_daily_summaries"))

    job = job_of(work)
    with sessions.begin() as other:
        other.execute(text("LOCK TABLE cc_daily_summaries IN ACCESS SHARE MODE"))
        with pytest.raises(OperationalError):
            run_slot(sessions, job, job.schedule.latest(NOON))
    assert read(RUNS) == []


def test_a_run_with_a_statement_timeout_is_not_repeated_and_stores_the_reason(
    sessions: Sessions, job_of: JobOf, read: Read, started: datetime
) -> None:
    def work(session: Session) -> None:
        session.execute(text("SET LOCAL statement_timeout = 20"))
        session.execute(text("SELECT pg_sleep(5)"))

    job, later = job_of(work), started + timedelta(hours=1)
    with pytest.raises(OperationalError):
        run_due(sessions, job, now=later)

    assert run_due(sessions, job, now=later + timedelta(minutes=1)) == []
    assert report_missed(sessions, job, now=later + timedelta(minutes=6), since=started)
    [event] = read("SELECT payload ->> 'reason' AS reason FROM cc_automation_events")
    assert event["reason"] == (
        "It failed with: a statement exceeded the statement timeout of the database."
    )


def test_stuck_verifications_are_checked_once_per_slot(
    container: Container,
    otp_stuck: PeriodicJob,
    started: datetime,
    customer: Customer,
    read: Read,
) -> None:
    customer.write(REPORT)
    read("UPDATE cc_verification_jobs SET created_at = now() - interval '31 minutes'")
    assert started < NOON

    assert run_due(container.sessions, otp_stuck, now=NOON) == ["2026-11-22T12:00Z"]
    assert run_due(container.sessions, otp_stuck, now=NOON + timedelta(minutes=14)) == []

    (run,) = read(RUNS)
    assert run["detail"] == {"stuck": 1, "recorded": 1, "expired": 0}


@pytest.mark.usefixtures("started")
def test_after_a_pause_only_the_last_slot_of_otp_stuck_runs(
    sessions: Sessions, otp_stuck: PeriodicJob
) -> None:
    run_due(sessions, otp_stuck, now=NOON)
    late = run_due(sessions, otp_stuck, now=NOON + timedelta(hours=3, minutes=7))
    assert late == ["2026-11-22T15:00Z"]


@pytest.mark.usefixtures("started")
def test_after_a_pause_the_summaries_of_a_week_are_created(
    sessions: Sessions, daily_summary: PeriodicJob, read: Read
) -> None:
    run_due(sessions, daily_summary, now=NOON)
    late = run_due(sessions, daily_summary, now=NOON + timedelta(days=3))
    assert late == ["2026-11-22", "2026-11-23", "2026-11-24"]
    assert run_due(sessions, daily_summary, now=NOON + timedelta(days=3)) == []
    (count,) = read("SELECT count(*) FROM cc_automation_events")
    assert count == {"count": 7 + 3}


def test_a_summary_missed_at_nine_runs_later_the_same_day(
    sessions: Sessions, daily_summary: PeriodicJob
) -> None:
    before_nine = NOON.replace(hour=8, minute=59)
    assert run_due(sessions, daily_summary, now=before_nine) == []
    assert run_due(sessions, daily_summary, now=NOON.replace(hour=23)) == ["2026-11-21"]


def test_a_verification_that_nobody_completes_is_recorded_as_stuck_and_then_expires(
    sessions: Sessions, otp_stuck: PeriodicJob, customer: Customer, read: Read
) -> None:
    customer.write(REPORT)
    age = "UPDATE cc_verification_jobs SET created_at = now() - make_interval(hours => :hours)"
    status = "SELECT status, closed_at IS NOT NULL AS closed, report FROM cc_verification_jobs"
    read(age, hours=23)
    run_due(sessions, otp_stuck, now=NOON)
    assert [row["status"] for row in read(status)] == ["awaiting_verification"]
    read("DELETE FROM cc_automation_events")
    read(age, hours=24)
    run_due(sessions, otp_stuck, now=NOON + timedelta(minutes=15))
    assert read(status) == [{"status": "expired", "closed": True, "report": REPORT}]
    assert [row["event_type"] for row in read("SELECT event_type FROM cc_automation_events")] == [
        "otp_verification_stuck"
    ]
    assert read(RUNS)[-1]["detail"] == {"stuck": 1, "recorded": 1, "expired": 1}


@pytest.mark.parametrize("job", ["otp_stuck", "daily_summary"])
def test_nothing_from_before_the_first_start_is_owed(
    sessions: Sessions, request: pytest.FixtureRequest, job: str
) -> None:
    planned: PeriodicJob = request.getfixturevalue(job)
    assert run_due(sessions, planned, now=NOON + timedelta(minutes=1)) == []
    assert run_due(sessions, planned, now=NOON + timedelta(minutes=14)) == []
    assert len(run_due(sessions, planned, now=NOON + timedelta(days=1, minutes=1))) == 1


def test_a_failed_slot_does_not_delay_the_next(
    sessions: Sessions, job_of: JobOf, started: datetime
) -> None:
    divisors = [0, 1]
    job = job_of(lambda _session: 1 / divisors.pop(0))

    with pytest.raises(ZeroDivisionError):
        run_due(sessions, job, now=started + timedelta(hours=1))
    assert run_due(sessions, job, now=started + timedelta(hours=1, minutes=1)) == []
    assert len(run_due(sessions, job, now=started + timedelta(hours=1, minutes=15))) == 1


def test_the_last_run_of_each_job_can_be_read(sessions: Sessions, job_of: JobOf) -> None:
    divisors = [1, 0]
    job = job_of(lambda _session: 1 / divisors.pop(0))
    assert run_slot(sessions, job, job.schedule.latest(NOON))
    with pytest.raises(ZeroDivisionError):
        run_slot(sessions, job, job.schedule.latest(NOON + timedelta(hours=1)))

    with sessions.begin() as session:
        runs = last_runs(session)

    assert list(runs) == ["probe"]
    assert runs["probe"].slot == "2026-11-22T13:00Z"
    assert runs["probe"].error == "ZeroDivisionError: division by zero"
