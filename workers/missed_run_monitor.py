"""A thread in the dispatcher that reports missing and failed periodic runs.

It needs neither beat nor the broker nor the worker of the periodic jobs. Each dispatcher has
such a thread, and all of them together record one event per missing run.
"""

from datetime import datetime
from threading import Event, Thread
from typing import Any

import structlog
from celery.bootsteps import StartStopStep
from sqlalchemy.exc import SQLAlchemyError

from app.bootstrap import Container, build
from app.core.settings import Settings
from app.periodic.jobs import periodic_jobs
from app.periodic.missed import report_missed
from workers.queues import DISPATCH

log = structlog.get_logger(__name__)

LOOK_SECONDS = 30.0
STOP_SECONDS = 1.0


class MissedRunMonitor(StartStopStep):
    """Runs the monitor's thread in a worker that consumes the dispatch queue."""

    requires = ("celery.worker.components:Pool",)

    def __init__(self, parent: Any, **options: Any) -> None:
        super().__init__(parent, **options)
        self.stopping = Event()
        self.thread: Thread | None = None

    def include_if(self, parent: Any) -> bool:
        """Start the thread only in workers of the dispatch queue."""
        return DISPATCH in parent.app.amqp.queues.consume_from

    def start(self, _parent: Any) -> None:
        """Start the thread, with a container that no child process shares."""
        container = build(Settings.load(), process="automation-monitor")
        options = {"since": container.clock(), "every": LOOK_SECONDS}
        self.thread = Thread(
            target=monitor,
            args=(container, self.stopping),
            kwargs=options,
            name="missed-run-monitor",
            daemon=True,
        )
        self.thread.start()

    def stop(self, _parent: Any) -> None:
        """Stop the thread."""
        self.stopping.set()
        if self.thread is not None:
            self.thread.join(timeout=STOP_SECONDS)


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
