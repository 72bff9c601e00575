"""The fixtures of customers' tests, and periodic jobs to run."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.core.database import Sessions
from app.core.settings import Settings
from app.periodic.jobs import PeriodicJob, daily_summary_job, otp_stuck_job
from app.periodic.runs import ensure_first_start
from app.periodic.slots import EveryMinutes, Slot
from tests.whatsapp import customer, read, sandbox, settings, web, web_port

__all__ = ["customer", "read", "sandbox", "settings", "web", "web_port"]

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)

JobOf = Callable[[Callable[[Session], Any]], PeriodicJob]


@pytest.fixture
def otp_stuck(settings: Settings) -> PeriodicJob:
    return otp_stuck_job(settings)


@pytest.fixture
def daily_summary(settings: Settings) -> PeriodicJob:
    return daily_summary_job(settings)


@pytest.fixture
def started(sessions: Sessions) -> datetime:
    """The first start of the installation was a month ago."""
    with sessions.begin() as session:
        return ensure_first_start(session, NOON - timedelta(days=30))


@pytest.fixture
def job_of() -> JobOf:
    """A function that creates a job that runs every 15 minutes with the given work."""

    def make(work: Callable[[Session], Any]) -> PeriodicJob:
        def run(session: Session, _slot: Slot) -> Mapping[str, Any]:
            return {"result": work(session)}

        return PeriodicJob(
            name="probe",
            schedule=EveryMinutes(15),
            grace=timedelta(minutes=5),
            catch_up=1,
            work=run,
        )

    return make
