"""When a run must be careful, because one before it may have been killed at its work."""

from celery.app.task import Context


class Caution:
    """Says once per process that it is new, and of each message whether it came back.

    A broker flags what it delivers again, but a flushed broker forgets; so the first run
    of a process is careful too, since the process may replace one that was killed.
    """

    def __init__(self) -> None:
        self._is_new = True

    def is_due(self, request: Context) -> bool:
        """Tell whether the run of this message should take events one by one first."""
        was_new, self._is_new = self._is_new, False
        return was_new or bool((request.delivery_info or {}).get("redelivered"))
