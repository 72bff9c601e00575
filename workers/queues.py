"""The queues, the routes of tasks, and the depth of queues."""

from typing import Any

from celery import Celery
from kombu import Connection, Queue
from kombu.exceptions import OperationalError

DISPATCH = "dispatch"
OUTBOUND = "outbound"
PERIODIC = "periodic"
NOTIFICATIONS = "notifications"

QUEUES = (Queue(DISPATCH), Queue(OUTBOUND), Queue(PERIODIC), Queue(NOTIFICATIONS))

ROUTES = {f"{queue.name}.*": {"queue": queue.name} for queue in QUEUES}
"""A task name begins with the name of its queue. Slow HTTP calls must not delay dispatch."""


def queue_of(task: str) -> str:
    """Return the queue of `task`."""
    return task.partition(".")[0]


class QueueDepth:
    """Reads the depth of queues over its own connection.

    It drops the connection after any error. After an outage a connection may be broken in a way
    that raises other errors than those of the broker.
    """

    def __init__(self, app: Celery) -> None:
        self._app = app
        self._connection: Connection | None = None

    def count_waiting(self, queue: str) -> int:
        """Return how many messages wait in `queue`.

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
