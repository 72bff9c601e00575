"""The periodic jobs: schedule, allowed delay, and work of each."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from app.core.settings import Settings
from app.fraud.expiry import expire_due
from app.fraud.stuck import record_stuck
from app.periodic.slots import DailyAt, EveryMinutes, Schedule, Slot
from app.reports.daily_summary import store_summary
from app.reports.trend_hours import count_owed_hours

Work = Callable[[Session, Slot], Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodicJob:
    """A job and its schedule.

    A slot is missing if it has not run until `grace` after its due time. `catch_up` is how
    many of the latest slots are still run if they are late. `work` runs in the transaction
    that claims the slot, and its result is stored as the detail of the run.
    """

    name: str
    schedule: Schedule
    grace: timedelta
    catch_up: int
    work: Work


def otp_stuck_job(settings: Settings) -> PeriodicJob:
    """Return the job that reports stuck verifications and closes expired ones.

    Each run checks all verifications, so the next run makes up for a missing one. It reports
    before it closes, so that a verification that became stuck and expired since the last run
    is reported too.
    """
    lifetime = timedelta(hours=settings.verification_expires_hours)

    def work(session: Session, _slot: Slot) -> Mapping[str, Any]:
        result = record_stuck(session, threshold_minutes=settings.otp_stuck_minutes)
        return asdict(result) | {"expired": expire_due(session, lifetime=lifetime)}

    return PeriodicJob(
        name="otp-stuck",
        schedule=EveryMinutes(settings.otp_stuck_every_minutes),
        grace=timedelta(minutes=5),
        catch_up=1,
        work=work,
    )


def daily_summary_job(settings: Settings) -> PeriodicJob:
    """Return the job that summarises the previous date. It makes up for up to seven dates."""
    zone = ZoneInfo(settings.timezone)

    def work(session: Session, slot: Slot) -> Mapping[str, Any]:
        stored = store_summary(session, date.fromisoformat(slot.name), zone=zone)
        return {"new": stored.is_new}

    return PeriodicJob(
        name="daily-summary",
        schedule=DailyAt(settings.daily_summary_at, zone),
        grace=timedelta(minutes=15),
        catch_up=7,
        work=work,
    )


def trend_hours_job() -> PeriodicJob:
    """Return the job that counts the figures of past hours for the trends.

    Each run counts all hours that are missing, so the next run makes up for a missing one.
    """

    def work(session: Session, slot: Slot) -> Mapping[str, Any]:
        return {"hours": count_owed_hours(session, slot.due_at)}

    return PeriodicJob(
        name="trend-hours",
        schedule=EveryMinutes(60),
        grace=timedelta(minutes=15),
        catch_up=1,
        work=work,
    )


def periodic_jobs(settings: Settings) -> tuple[PeriodicJob, ...]:
    """Return every periodic job."""
    return otp_stuck_job(settings), daily_summary_job(settings), trend_hours_job()
