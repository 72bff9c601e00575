"""A beat scheduler that does not add messages to a full queue."""

from typing import Any

import structlog
from celery.beat import ScheduleEntry, Scheduler
from celery.signals import beat_init
from kombu.exceptions import OperationalError

from workers.queues import QueueDepth, queue_of
from workers.sender import Sender

log = structlog.get_logger(__name__)

QUEUE_LIMIT = 30
"""Beat sends no message to a queue in which this many messages wait."""


class BoundedScheduler(Scheduler):
    """Celery's in-memory scheduler, with a check of the queue depth before each send.

    So the broker does not fill up while workers are away. A message that is not sent is not
    missed, because a later one starts the same check for due work.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._depth = QueueDepth(self.app)

    def apply_async(self, entry: ScheduleEntry, *args: Any, **kwargs: Any) -> Any:
        """Send the task of `entry`, unless its queue is full or the broker is away."""
        queue = queue_of(str(entry.task))
        try:
            waiting = self._depth.count_waiting(queue)
        except OperationalError as error:
            log.warning("broker_away", task=entry.task, error=str(error))
            return None
        if waiting < QUEUE_LIMIT:
            return super().apply_async(entry, *args, **kwargs)
        log.warning("beat_held_back", task=entry.task, queue=queue)
        return None


@beat_init.connect
def _show_life_and_catch_up_at_once(sender: Any, **_signal: object) -> None:
    messages = Sender(sender.app)
    for task in ("dispatch.heartbeat", "periodic.catch_up"):
        messages.send(task)
