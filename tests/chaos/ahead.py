"""The workers' application on a machine whose clock runs minutes ahead."""

import time

_true_time = time.time
time.time = lambda: _true_time() + 420

from workers.celery import app  # noqa: E402 - the clock is set before anyone reads it

__all__ = ["app"]
