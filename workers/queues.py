"""The queues: which task goes where, and how many messages wait."""

from typing import Any

from kombu import Producer, Queue

DISPATCH = "dispatch"
OUTBOUND = "outbound"
CHECKERS = "checkers"

QUEUES = (Queue(DISPATCH), Queue(OUTBOUND), Queue(CHECKERS))

ROUTES = {f"{queue.name}.*": {"queue": queue.name} for queue in QUEUES}
"""A task's name begins with its queue's: slow HTTP must never delay dispatch."""


def queue_of(task: str) -> str:
    """Return the queue that `task` goes to."""
    return task.partition(".")[0]


def count_waiting(producer: Producer, queue: str) -> int:
    """Return how many messages of `queue` no worker has taken; 0 if the broker won't say."""
    connection: Any = producer.connection
    channel: Any = producer.channel
    try:
        return int(channel.queue_declare(queue, passive=True).message_count)
    except (*connection.recoverable_connection_errors, *connection.channel_errors):
        return 0
