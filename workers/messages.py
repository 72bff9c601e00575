"""The one place that sends messages. They carry no arguments: the rows are the truth."""

import structlog
from celery import current_app
from kombu.exceptions import OperationalError

from workers.queues import count_waiting, queue_of

log = structlog.get_logger(__name__)

WAITING_LIMIT = 4
"""So many messages in a queue are enough: each that waits will see all that is due by then."""


def send(task: str, *, times: int = 1) -> bool:
    """Queue `task` up to so many times, as far as its queue has room.

    Returns False if the broker is away. Neither loses anything: what is due stays due.
    """
    try:
        with current_app.producer_or_acquire() as producer:
            room = max(0, WAITING_LIMIT - count_waiting(producer, queue_of(task)))
            for _ in range(min(times, room)):
                current_app.send_task(task, producer=producer)
    except OperationalError as error:
        log.warning("broker_away", task=task, error=str(error))
        return False
    return True
