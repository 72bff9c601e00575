"""A thread in the main process of a worker that consumes the dispatch queue."""

from threading import Event, Thread
from typing import Any

from celery.bootsteps import StartStopStep

from workers.queues import DISPATCH


class DispatcherThread(StartStopStep):
    """Starts the thread of `create_thread` with the worker, and stops it by `stopping`."""

    requires = ("celery.worker.components:Pool",)
    stop_seconds = 1.0
    """How long a stopping worker waits for the thread."""

    def __init__(self, parent: Any, **options: Any) -> None:
        super().__init__(parent, **options)
        self.stopping = Event()
        self.thread: Thread | None = None

    def create_thread(self, parent: Any) -> Thread:
        """Return the thread, not started. It must end soon after `stopping` is set."""
        raise NotImplementedError

    def include_if(self, parent: Any) -> bool:
        """Start the thread only in workers of the dispatch queue."""
        return DISPATCH in parent.app.amqp.queues.consume_from

    def start(self, parent: Any) -> None:
        """Start the thread."""
        self.thread = self.create_thread(parent)
        self.thread.start()

    def stop(self, _parent: Any) -> None:
        """Stop the thread."""
        self.stopping.set()
        if self.thread is not None:
            self.thread.join(timeout=self.stop_seconds)
