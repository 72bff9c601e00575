"""The one place that sends messages. They carry no arguments: the rows are the truth."""

import structlog
from celery import current_app
from kombu.exceptions import OperationalError

log = structlog.get_logger(__name__)

EXPIRES_SECONDS = 60


def send(task: str, *, times: int = 1) -> bool:
    """Queue `task` so many times; False if the broker is away, which loses nothing.

    A message that nobody takes within a minute is void: by then beat has sent others.
    """
    try:
        for _ in range(times):
            current_app.send_task(task, expires=EXPIRES_SECONDS)
    except OperationalError as error:
        log.warning("broker_away", task=task, error=str(error))
        return False
    return True
