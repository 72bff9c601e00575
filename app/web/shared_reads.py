"""Values that all requests of a web process share for a moment."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from threading import Lock
from time import monotonic
from typing import Any, TypeVar

Value = TypeVar("Value")

KEYS_LIMIT = 1_000
"""When more values are kept, all are forgotten, so that many filters or callers need no memory."""


@dataclass(slots=True)
class _Kept:
    value: Any = None
    read_at: float = float("-inf")
    lock: Lock = field(default_factory=Lock)


class SharedReads:
    """Keeps each value for `seconds`. One request at a time reads a value again.

    Meanwhile other requests get the value from before. So the cost of reading does not grow
    with the number of requests. With 0 seconds nothing is shared. `now` returns seconds.
    """

    def __init__(self, *, seconds: float, now: Callable[[], float] = monotonic) -> None:
        self._seconds = seconds
        self._now = now
        self._kept: dict[Hashable, _Kept] = {}

    def get(self, key: Hashable, read: Callable[[Value | None], Value]) -> Value:
        """Return the value of `key`. `read` gets the value from before, or None."""
        kept = self._entry(key)
        waits = kept.value is None or not self._seconds
        if not self._is_fresh(kept) and kept.lock.acquire(blocking=waits):
            try:
                self._refresh(kept, read)
            finally:
                kept.lock.release()
        value: Value = kept.value
        return value

    def _entry(self, key: Hashable) -> _Kept:
        if key not in self._kept and len(self._kept) >= KEYS_LIMIT:
            self._kept.clear()
        return self._kept.setdefault(key, _Kept())

    def _is_fresh(self, kept: _Kept) -> bool:
        return self._now() - kept.read_at < self._seconds

    def _refresh(self, kept: _Kept, read: Callable[[Value | None], Value]) -> None:
        if self._is_fresh(kept):  # another request has read it while this one waited
            return
        started_at = self._now()
        kept.value = read(kept.value)
        kept.read_at = started_at
