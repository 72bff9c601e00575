"""Tells the processes of a worker's pool that the worker was asked to stop.

Celery tells only the main process (SIGTERM); its children finish their tasks. One byte of
shared memory, made before the fork, lets a long task end early.
"""

import mmap

from celery.signals import worker_shutting_down

_flag = mmap.mmap(-1, 1)


def is_stopping() -> bool:
    """Return whether the worker that this process belongs to was asked to stop."""
    return _flag[0] != 0


@worker_shutting_down.connect
def _stop(**_signal: object) -> None:
    _flag[0] = 1
