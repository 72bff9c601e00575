"""The periodic jobs: when each runs, how late it may be, and what it does."""

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

Work = Callable[[Session, Slot], Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodicJob:
    """A job and its plan.

    A slot that has not run `grace` after it was due is missing. `catch_up` is how many
    of the last slots still run when they are late. `work` runs in the transaction that
    claims the slot and returns what to remember of it.
    """

    name: str
    schedule: Schedule
    grace: timedelta
    catch_up: int
    work: Work


def otp_stuck_job(settings: Settings) -> PeriodicJob:
    """Return the job for verifications that nobody completes; its next run covers a lost one.

    It records those that are stuck before it closes those that are expired, so that one
    that became both since the last run is recorded.
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
    """Return the job that sums up the date before; it makes up for a week that it missed."""
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


def periodic_jobs(settings: Settings) -> tuple[PeriodicJob, ...]:
    """Return every periodic job."""
    return otp_stuck_job(settings), daily_summary_job(settings)
