"""A flag that tells the pool processes of a worker that the worker is stopping.

SIGTERM reaches only the main process of Celery, and the pool processes finish their tasks. The
flag is one byte of shared memory, created before the fork, so that a long task can end early.
"""

import mmap

from celery.signals import worker_shutting_down

_flag = mmap.mmap(-1, 1)


def is_stopping() -> bool:
    """Return whether the worker of this process is stopping."""
    return _flag[0] != 0


@worker_shutting_down.connect
def _stop(**_signal: object) -> None:
    _flag[0] = 1
