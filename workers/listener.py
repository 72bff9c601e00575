"""A listener thread in the worker that turns PostgreSQL's NOTIFY into Celery messages.

Of all workers, the one that holds the advisory lock listens. If it dies, PostgreSQL frees the
lock and another takes over. Without a listener, the relay finds due work within a second.
"""

from threading import Event, Thread
from typing import Any

import psycopg
import structlog
from psycopg import Connection
from sqlalchemy import make_url

from app.core.notify import LISTENER_LOCK
from app.core.settings import Settings
from workers.dispatcher_thread import DispatcherThread
from workers.sender import Sender

log = structlog.get_logger(__name__)

TASK_OF_CHANNEL = {
    "cc_automation_events": "dispatch.dispatch_due_events",
    "cc_outbound_jobs": "outbound.run",
    "cc_bulk_jobs": "periodic.run_bulk_jobs",
    "cc_notifications": "notifications.send",
}
TAKEOVER_SECONDS = 2.0
STOP_SECONDS = 0.5
DEBOUNCE_SECONDS = 0.003


class Listener(DispatcherThread):
    """Listens for NOTIFY until the worker stops, which frees the lock for another worker."""

    def include_if(self, parent: Any) -> bool:
        """Start the thread only in workers of the dispatch queue, and only if NOTIFY is on."""
        return super().include_if(parent) and Settings.load().notify

    def create_thread(self, parent: Any) -> Thread:
        """Return the thread, with a sender of its own."""
        url = make_url(Settings.load().database_url).set(drivername="postgresql")
        dsn = url.render_as_string(hide_password=False)
        arguments = (dsn, Sender(parent.app), self.stopping)
        return Thread(target=listen, args=arguments, name="listener", daemon=True)


def listen(dsn: str, sender: Sender, stopping: Event) -> None:
    """Listen until `stopping` is set. After a lost connection, wait and connect again."""
    while not stopping.is_set():
        try:
            _listen_on_one_connection(dsn, sender, stopping)
        except psycopg.OperationalError as error:
            log.warning("listener_cut_off", error=str(error))
            stopping.wait(TAKEOVER_SECONDS)


def _listen_on_one_connection(dsn: str, sender: Sender, stopping: Event) -> None:
    with psycopg.connect(
        dsn, autocommit=True, connect_timeout=5, application_name="automation-listener"
    ) as connection:
        if not _take_lock(connection, stopping):
            return
        for channel in TASK_OF_CHANNEL:
            connection.execute(f"LISTEN {channel}")
        log.info("listener_acting")
        _forward(connection, sender, stopping)


def _take_lock(connection: Connection[Any], stopping: Event) -> bool:
    while not stopping.is_set():
        row = connection.execute("SELECT pg_try_advisory_lock(%s)", [LISTENER_LOCK]).fetchone()
        if row is not None and row[0]:
            return True
        stopping.wait(TAKEOVER_SECONDS)
    return False


def _forward(connection: Connection[Any], sender: Sender, stopping: Event) -> None:
    """Send one message per channel for all its waiting notifications."""
    waiting = set(TASK_OF_CHANNEL)
    while not stopping.is_set():
        for channel in waiting:
            sender.send(TASK_OF_CHANNEL[channel])
        stopping.wait(DEBOUNCE_SECONDS)
        for channel in waiting:
            sender.look_ahead(TASK_OF_CHANNEL[channel])
        notices = connection.notifies(timeout=STOP_SECONDS, stop_after=1)
        waiting = {notice.channel for notice in notices}
