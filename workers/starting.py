"""Send one `outbound.run` when a worker starts.

A stopped worker may leave due jobs without a message. So a new worker finds them without beat
and without a new job.
"""

from typing import Any

from celery.signals import worker_ready

from workers.queues import OUTBOUND
from workers.sender import Sender


@worker_ready.connect
def _look(sender: Any, **_signal: object) -> None:
    if OUTBOUND in sender.app.amqp.queues.consume_from:
        Sender(sender.app).send("outbound.run")
