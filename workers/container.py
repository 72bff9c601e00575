"""Objects that a worker process builds at first use, and so after the fork."""

import gc
from functools import cache

from celery import current_app

from app.bootstrap import Container, build
from app.core.settings import Settings
from workers.sender import Sender

COLLECT_AFTER = 50_000
"""Run the garbage collector after this many allocations.

A batch allocates thousands of short-lived objects, and the default threshold would run it many
times per batch.
"""


@cache
def container() -> Container:
    """Return the container of this process."""
    gc.set_threshold(COLLECT_AFTER)
    return build(Settings.load(), process="automation-worker")


@cache
def sender() -> Sender:
    """Return the sender of this process."""
    return Sender(current_app)
