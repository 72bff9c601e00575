"""The one place that sends messages. They carry no arguments: the rows are the truth."""

from collections import Counter

import structlog
from celery import Celery
from kombu.exceptions import OperationalError

from workers.queues import QueueDepth, queue_of

log = structlog.get_logger(__name__)

WAITING_LIMIT = 4
"""So many messages in a queue are enough: each that waits will see all that is due by then."""


class Sender:
    """Sends for one thread of one process; never shared, and never carried over a fork.

    It looks at a queue's depth only after it has used up the room that its last look
    found. A look costs a third of a send, and it would come before each commit's message.
    """

    def __init__(self, app: Celery) -> None:
        self._app = app
        self._depth = QueueDepth(app)
        self._room: Counter[str] = Counter()

    def send(self, task: str, *, times: int = 1) -> None:
        """Queue `task` up to so many times, as far as its queue has room.

        If the broker is away this says so in the log and loses nothing: what is due stays due.
        """
        queue = queue_of(task)
        try:
            for _ in range(times):
                if not self._has_room(queue):
                    return
                self._app.send_task(task)
                self._room[queue] -= 1
        except OperationalError as error:
            log.warning("broker_away", task=task, error=str(error))

    def _has_room(self, queue: str) -> bool:
        if self._room[queue] <= 0:
            self._room[queue] = WAITING_LIMIT - self._depth.count_waiting(queue)
        return self._room[queue] > 0
