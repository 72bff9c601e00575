"""What a worker process builds once, at first use and so never before the fork."""

from functools import cache

from celery import current_app

from app.bootstrap import Container, build
from app.core.settings import Settings
from workers.messages import Sender


@cache
def container() -> Container:
    """Return the container of this process."""
    return build(Settings.load(), process="automation-worker")


@cache
def sender() -> Sender:
    """Return the sender of this process's tasks."""
    return Sender(current_app)
