"""Start Flower when the workers answer. It inspects them at start, and warns if none answers.

Its `/metrics`, which names workers and tasks, asks for the password as its pages do.
"""

import os
import sys
import time
from collections.abc import Iterable
from typing import Any

from celery import Celery
from flower.views.monitor import Metrics

from workers.celery import app
from workers.queues import QUEUES

_ANSWER_SECONDS = 0.5
_PATIENCE_SECONDS = 30.0


def wait_for_workers(celery: Celery, *, seconds: float = _PATIENCE_SECONDS) -> bool:
    """Wait until every queue has a worker that answers. Return False after `seconds`."""
    wanted = {queue.name for queue in QUEUES}
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if wanted <= set(_served(celery)):
            return True
    return False


def close_metrics() -> None:
    """Let Flower's `/metrics` ask for the password. Flower 2.2 leaves it open.

    Tornado calls `prepare` before it answers. `get_current_user` raises 401 without the password.
    """

    def prepare(handler: Any) -> None:
        handler.get_current_user()

    Metrics.prepare = prepare


def _served(celery: Celery) -> Iterable[str]:
    replies = celery.control.inspect(timeout=_ANSWER_SECONDS).active_queues() or {}
    return (queue["name"] for queues in replies.values() for queue in queues)


if __name__ == "__main__":
    if not os.environ.get("FLOWER_BASIC_AUTH"):
        sys.exit("FLOWER_BASIC_AUTH is missing; set it to user:password.")
    close_metrics()
    wait_for_workers(app)
    app.start(["flower", *sys.argv[1:]])
