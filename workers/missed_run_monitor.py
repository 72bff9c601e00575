"""A thread in the dispatcher that reports missing and failed periodic runs.

It needs neither beat nor the broker nor the worker of the periodic jobs. Each dispatcher has
such a thread, and all of them together record one event per missing run.
"""

from datetime import datetime
from threading import Event, Thread
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError

from app.bootstrap import Container, build
from app.core.settings import Settings
from app.periodic.jobs import periodic_jobs
from app.periodic.missed import report_missed
from workers.dispatcher_thread import DispatcherThread

log = structlog.get_logger(__name__)

LOOK_SECONDS = 30.0


class MissedRunMonitor(DispatcherThread):
    """Reports missing and failed periodic runs until the worker stops."""

    def create_thread(self, _parent: Any) -> Thread:
        """Return the thread, with a container that no child process shares."""
        container = build(Settings.load(), process="automation-monitor")
        options = {"since": container.clock(), "every": LOOK_SECONDS}
        return Thread(
            target=monitor,
            args=(container, self.stopping),
            kwargs=options,
            name="missed-run-monitor",
            daemon=True,
        )


def monitor(container: Container, stopping: Event, *, since: datetime, every: float) -> None:
    """Check every `every` seconds until `stopping` is set, then close the container.

    `since` is the start time of the monitor. A database error is logged, and the next check
    follows as usual.
    """
    while not stopping.wait(every):
        try:
            _look(container, since)
        except SQLAlchemyError as error:
            log.warning("missed_run_monitor_cut_off", error=type(error).__name__)
        container.engine.dispose()
    container.close()


def _look(container: Container, since: datetime) -> None:
    for job in periodic_jobs(container.settings):
        slot = report_missed(container.sessions, job, now=container.clock(), since=since)
        if slot:
            log.error("periodic_run_missed", job=job.name, slot=slot.name)
