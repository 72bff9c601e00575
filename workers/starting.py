"""Looks for outbound jobs when a worker starts.

A worker that was stopped leaves jobs behind and no message: the next one must not depend on
beat, or on a new job, to find them.
"""

from typing import Any

from celery.signals import worker_ready

from workers.queues import OUTBOUND
from workers.sender import Sender


@worker_ready.connect
def _look(sender: Any, **_signal: object) -> None:
    if OUTBOUND in sender.app.amqp.queues.consume_from:
        Sender(sender.app).send("outbound.run")
