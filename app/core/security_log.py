"""The security log: sign-ins, refusals and bad signatures, one line each, with a bound.

Each line has the address of the caller (`source_address`) and who it was (`actor`, if known). An
attacker can't fill the disk: of each event a process writes PER_SECOND lines in a second, counts
the others, and adds the count to the next line as `suppressed`.
"""

import ipaddress
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

PER_SECOND = 10
"""The most lines of one event in a second. A line has about 300 bytes."""

log = structlog.get_logger("security")


@dataclass(slots=True)
class LineBound:
    """Counts the lines of each event in the current second. `monotonic` returns seconds."""

    per_second: int = PER_SECOND
    monotonic: Callable[[], float] = time.monotonic
    _second: int = 0
    _written: dict[str, int] = field(default_factory=dict)
    _suppressed: dict[str, int] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, event: str) -> int | None:
        """Return how many lines of `event` were suppressed before this one, or None to suppress."""
        with self._lock:
            self._begin_second(int(self.monotonic()))
            self._written[event] = self._written.get(event, 0) + 1
            if self._written[event] <= self.per_second:
                return self._suppressed.pop(event, 0)
            self._suppressed[event] = self._suppressed.get(event, 0) + 1
            return None

    def _begin_second(self, second: int) -> None:
        if second != self._second:
            self._second = second
            self._written.clear()


_bound = LineBound()


def record_security(
    event: str, *, source_address: str | None, actor: str | None = None, **fields: str | int | None
) -> None:
    """Write one line of the security log, unless its event has used up the current second.

    `event` is one of a fixed set of names. `actor` is the name of a known account: what a stranger
    typed may be a password.
    """
    suppressed = _bound.take(event)
    if suppressed is None:
        return
    if suppressed:
        fields["suppressed"] = suppressed
    address = _address(source_address)
    log.warning(event, security=True, source_address=address, actor=actor, **fields)


def _address(text: str | None) -> str:
    try:
        return str(ipaddress.ip_address(text or ""))
    except ValueError:
        return "unknown"
