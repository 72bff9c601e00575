"""Beat, bounded: it adds nothing to a queue that nobody empties."""

from typing import Any

from celery.beat import ScheduleEntry, Scheduler
from celery.signals import beat_init
from kombu.exceptions import ChannelError

from workers.messages import send
from workers.queues import DISPATCH, ROUTES

QUEUE_LIMIT = 100
"""So many messages may wait in a queue before beat stops adding to it."""


class BoundedScheduler(Scheduler):
    """Celery's in-memory scheduler, but for a look at the queue's length before each send.

    Every task of ours is a hint that the next tick repeats, so one that is not sent is
    not lost; and a broker whose workers are away does not fill up.
    """

    def apply_async(self, entry: ScheduleEntry, *args: Any, **kwargs: Any) -> Any:
        """Send the task of `entry`, unless its queue is full."""
        queue = self._queue_of(str(entry.task))
        if self._length(queue) < QUEUE_LIMIT:
            return super().apply_async(entry, *args, **kwargs)
        self.logger.warning("Beat holds back %s: the queue %s is full.", entry.task, queue)
        return None

    def _queue_of(self, task: str) -> str:
        route = ROUTES.get(f"{task.partition('.')[0]}.*", {})
        return route.get("queue", DISPATCH)

    def _length(self, queue: str) -> int:
        try:
            channel: Any = self.producer.channel
            declared = channel.queue_declare(queue, passive=True)
        except ChannelError:
            return 0
        return int(declared.message_count)


@beat_init.connect
def _show_life_at_once(**_signal: object) -> None:
    send("dispatch.heartbeat")
