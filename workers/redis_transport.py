"""kombu's transport for Redis, with one redis-py client per channel, which always closes.

kombu creates a new client for each command. This takes 80 µs, more than the command, because a
client copies a table of 170 callbacks. There are two such commands between a commit and its
inbox item. A client can be kept, because it has no state except its connection pool.

When the broker is lost, kombu reads the answer to a pending BRPOP while it closes a channel. The
error stops it, also in closing the other channels, and Celery closes them again without a
transport: an AttributeError that ends the worker (kombu 5.7).
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from kombu.transport import TRANSPORT_ALIASES, redis


class Channel(redis.Channel):
    """A channel that keeps the client of its current connection pool."""

    _kept: Any = None

    def close(self) -> None:
        """Close the channel, also without a broker."""
        lost = self.connection_errors  # type: ignore[attr-defined]
        with suppress(*lost):
            super().close()
        with suppress(*lost):
            super().close()  # what the pending BRPOP has stopped; otherwise nothing

    @contextmanager
    def conn_or_acquire(self, client: Any = None) -> Iterator[Any]:
        """Yield `client`, or the client of the channel."""
        yield client or self._own_client()

    def _own_client(self) -> Any:
        if self._kept is None or self._kept.connection_pool is not self.pool:
            self._kept = self._create_client()  # type: ignore[attr-defined]
        return self._kept


class Transport(redis.Transport):
    """The transport of `redis://` and `rediss://`."""

    Channel = Channel


def use_own_transport() -> None:
    """Make kombu use this transport. Call this before the first connection of the process."""
    for scheme in ("redis", "rediss"):
        TRANSPORT_ALIASES[scheme] = f"{__name__}:{Transport.__name__}"
