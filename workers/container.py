"""What a worker process builds once, at first use and so never before the fork."""

import gc
from functools import cache

from celery import current_app

from app.bootstrap import Container, build
from app.core.settings import Settings
from workers.sender import Sender

COLLECT_AFTER = 50_000
"""So many new objects bring on a look for cycles: a batch's thousands die without one."""


@cache
def container() -> Container:
    """Return the container of this process."""
    gc.set_threshold(COLLECT_AFTER)
    return build(Settings.load(), process="automation-worker")


@cache
def sender() -> Sender:
    """Return the sender of this process's tasks."""
    return Sender(current_app)
