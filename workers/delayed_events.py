"""Publish Celery's task events a moment later, so that they do not delay the task itself."""

from typing import Any

from celery.bootsteps import StartStopStep
from celery.worker.consumer.events import Events

FLUSH_SECONDS = 0.05


class DelayedTaskEvents(StartStopStep):
    """Makes the worker publish buffered task events after FLUSH_SECONDS, all together.

    Celery publishes `task-received` in the loop turn between receiving a message and
    writing it to the pool's pipe. That publish took 0.9 ms of the 5 ms from a commit to
    its inbox item. Flower sees the events so much later and loses none: the buffer is
    flushed at its limit and when the consumer stops.
    """

    requires = (Events,)

    def start(self, parent: Any) -> None:
        """Delay the flushes of the dispatcher that this connection's Events step made."""
        dispatcher, hub = parent.event_dispatcher, parent.hub
        if hub is not None and dispatcher is not None and dispatcher.enabled:
            dispatcher.on_send_buffered = _Flush(dispatcher, hub).plan

    def stop(self, parent: Any) -> None:
        """Publish what still waits, before the Events step closes the dispatcher."""
        if parent.event_dispatcher is not None:
            parent.event_dispatcher.flush()


class _Flush:
    """One flush at most is planned at any time."""

    def __init__(self, dispatcher: Any, hub: Any) -> None:
        self._dispatcher = dispatcher
        self._hub = hub
        self._is_planned = False

    def plan(self) -> None:
        if not self._is_planned:
            self._is_planned = True
            self._hub.call_later(FLUSH_SECONDS, self._flush)

    def _flush(self) -> None:
        self._is_planned = False
        self._dispatcher.flush()
