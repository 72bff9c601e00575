"""The one place that sends messages. They carry no arguments: the rows are the truth."""

import structlog
from celery import Celery
from kombu.exceptions import OperationalError

from workers.queues import Gauge, queue_of

log = structlog.get_logger(__name__)

WAITING_LIMIT = 4
"""So many messages in a queue are enough: each that waits will see all that is due by then."""


class Sender:
    """Sends for one thread of one process; never shared, and never carried over a fork."""

    def __init__(self, app: Celery) -> None:
        self._app = app
        self._gauge = Gauge(app)

    def send(self, task: str, *, times: int = 1) -> None:
        """Queue `task` up to so many times, as far as its queue has room.

        If the broker is away this says so in the log and loses nothing: what is due stays due.
        """
        try:
            room = max(0, WAITING_LIMIT - self._gauge.count_waiting(queue_of(task)))
            for _ in range(min(times, room)):
                self._app.send_task(task)
        except OperationalError as error:
            log.warning("broker_away", task=task, error=str(error))
