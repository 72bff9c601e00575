"""Beat, bounded: it adds nothing to a queue that nobody empties."""

from typing import Any

import structlog
from celery.beat import ScheduleEntry, Scheduler
from celery.signals import beat_init

from workers.messages import send
from workers.queues import count_waiting, queue_of

log = structlog.get_logger(__name__)

QUEUE_LIMIT = 30
"""So many messages may wait in a queue before beat stops adding to it."""


class BoundedScheduler(Scheduler):
    """Celery's in-memory scheduler, but for a look at the queue's length before each send.

    What is held back is not lost: each task is a hint that a later tick repeats. And a
    broker whose workers are away does not fill up.
    """

    def apply_async(self, entry: ScheduleEntry, *args: Any, **kwargs: Any) -> Any:
        """Send the task of `entry`, unless its queue is full."""
        queue = queue_of(str(entry.task))
        if count_waiting(self.producer, queue) < QUEUE_LIMIT:
            return super().apply_async(entry, *args, **kwargs)
        log.warning("beat_held_back", task=entry.task, queue=queue)
        return None


@beat_init.connect
def _show_life_at_once(**_signal: object) -> None:
    send("dispatch.heartbeat")
