"""Decides when a run must be careful, because the run before it may have been killed."""

from celery.app.task import Context


class RedeliveryPolicy:
    """Decides which runs are careful: the first run of a process, and each redelivered message.

    The broker marks a message that it delivers again. A flushed broker loses that mark, and
    a new process may replace one that was killed. So the first run is always careful.
    """

    def __init__(self) -> None:
        self._is_new = True

    def is_due(self, request: Context) -> bool:
        """Return True for the first message of a process and for every redelivered message."""
        was_new, self._is_new = self._is_new, False
        return was_new or bool((request.delivery_info or {}).get("redelivered"))
