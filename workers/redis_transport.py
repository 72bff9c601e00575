"""kombu's transport for Redis, with one client per channel.

kombu makes a new client of redis-py for each command, which costs more than the command
(80 µs): the new client copies its table of 170 reply callbacks. The way from a commit to its
inbox item holds two such commands. A client has no state but its pool of connections.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from kombu.transport import TRANSPORT_ALIASES, redis


class Channel(redis.Channel):
    """A channel that keeps the client of its current pool of connections."""

    _kept: Any = None

    @contextmanager
    def conn_or_acquire(self, client: Any = None) -> Iterator[Any]:
        """Lend `client`, or the channel's own."""
        yield client or self._own_client()

    def _own_client(self) -> Any:
        if self._kept is None or self._kept.connection_pool is not self.pool:
            self._kept = self._create_client()  # type: ignore[attr-defined]
        return self._kept


class Transport(redis.Transport):
    """The transport of `redis://` and `rediss://`."""

    Channel = Channel


def use_own_transport() -> None:
    """Make kombu use this transport; call it before the first connection of the process."""
    for scheme in ("redis", "rediss"):
        TRANSPORT_ALIASES[scheme] = f"{__name__}:{Transport.__name__}"
