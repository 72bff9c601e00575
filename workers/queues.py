"""The queues: which task goes where, and how many messages wait."""

from typing import Any

from celery import Celery
from kombu import Connection, Queue
from kombu.exceptions import OperationalError

DISPATCH = "dispatch"
OUTBOUND = "outbound"
PERIODIC = "periodic"

QUEUES = (Queue(DISPATCH), Queue(OUTBOUND), Queue(PERIODIC))

ROUTES = {f"{queue.name}.*": {"queue": queue.name} for queue in QUEUES}
"""A task's name begins with its queue's: slow HTTP must never delay dispatch."""


def queue_of(task: str) -> str:
    """Return the queue that `task` goes to."""
    return task.partition(".")[0]


class QueueDepth:
    """Reads how long queues are, over a connection of its own.

    It drops that connection at the first error: one that has lived through an outage may
    be half alive, and fail in ways that no error class of the broker's covers.
    """

    def __init__(self, app: Celery) -> None:
        self._app = app
        self._connection: Connection | None = None

    def count_waiting(self, queue: str) -> int:
        """Return how many messages of `queue` no worker has taken.

        Declares the queue, as every worker does. Raises kombu's OperationalError if the
        broker is away.
        """
        connection = self._connection or self._app.connection_for_write()
        self._connection = None
        errors = (*connection.recoverable_connection_errors, *connection.channel_errors)
        try:
            channel: Any = connection.default_channel
            declared = channel.queue_declare(
                queue, durable=True, exclusive=False, auto_delete=False
            )
        except errors as error:
            raise OperationalError(str(error)) from error
        self._connection = connection
        return int(declared.message_count)
