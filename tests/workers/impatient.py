"""The workers' application with a monitor that checks often and allows no delay."""

from dataclasses import replace
from datetime import timedelta

from app.core.settings import Settings
from app.periodic.jobs import PeriodicJob, periodic_jobs
from workers import missed_run_monitor
from workers.celery import app

__all__ = ["app"]


def _without_grace(settings: Settings) -> tuple[PeriodicJob, ...]:
    return tuple(replace(job, grace=timedelta()) for job in periodic_jobs(settings))


missed_run_monitor.LOOK_SECONDS = 0.1
missed_run_monitor.periodic_jobs = _without_grace  # type: ignore[attr-defined]
