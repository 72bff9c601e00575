"""Serve the web over HTTP. One loop reads all requests; a few threads answer the complete ones.

So a client that sends slowly costs a socket and some memory, and no thread. A request that is
not complete in REQUEST_SECONDS, and a connection without a request, are closed.
"""

import json
import resource
import signal
import socket
import sys
import time
from collections.abc import Iterable, Sequence
from http import HTTPStatus
from operator import attrgetter
from typing import Any

from waitress.channel import HTTPChannel
from waitress.server import TcpWSGIServer
from waitress.task import ErrorTask

from app.web import MAX_BODY_BYTES, create_app

THREADS = 8
CONNECTIONS = 2_000
"""The most open connections. Near this number, those that have waited longest are closed."""
REQUEST_SECONDS = 30
"""The time limit for a client to send one request, with its body."""
IDLE_SECONDS = 75
"""The time limit of a connection without a request."""
REFUSED_SECONDS = 5
"""The time limit for a client to read the refusal of its request and to close."""
DRAIN_SECONDS = 5
"""The time limit of the requests in progress when the process is told to stop."""

_HEADER_BYTES = 32 * 1024
_FULL = 0.9
_OTHER_FILES = 200


class Channel(HTTPChannel):
    """A connection that knows how long it has waited for its client."""

    close_when_flushed: bool
    reading_since: float | None = None
    is_refused = False
    refused_since: float | None = None

    def received(self, data: bytes) -> bool:
        """Take in a piece of a request, unless the request is refused."""
        if self.is_refused:
            return False
        if self.request is None:
            self.reading_since = time.time()
        is_taken: bool = super().received(data)
        if self.request is None:
            self.reading_since = None
        return is_taken

    def readable(self) -> bool:
        """Tell whether to read. The rest of a refused request is read and thrown away."""
        return self.refused_since is not None or super().readable()

    def handle_write(self) -> None:
        """Send. After the answer to a refused request, end only our side of the connection.

        Otherwise a client that is still sending would get a reset in place of the answer
        (RFC 9112, section 9.6).
        """
        if not self.is_refused or self.will_close:
            super().handle_write()
            return
        self._flush_exception(self._flush_some)
        if self.close_when_flushed and not self.total_outbufs_len:
            self.close_when_flushed = False
            self.refused_since = time.time()
            self.socket.shutdown(socket.SHUT_WR)

    @property
    def waiting_since(self) -> float | None:
        """The time since which the connection waits for its client; None while we answer."""
        if self.refused_since:
            return self.refused_since
        return None if self.requests else self.reading_since or self.last_activity

    def is_overdue(self, now: float) -> bool:
        """Tell whether the client takes too long to send, or to read the answer."""
        since = self.waiting_since
        return since is not None and since < now - self._limit

    @property
    def _limit(self) -> float:
        if self.refused_since:
            return REFUSED_SECONDS
        return REQUEST_SECONDS if self.reading_since else IDLE_SECONDS


class RefusedRequest(ErrorTask):
    """The answer to a request that can't be read, as problem+json (RFC 9457)."""

    def execute(self) -> None:
        """Write the answer. The connection is closed after it."""
        self.channel.is_refused = True
        error = self.request.error
        body = problem_of(error.code, error.body)
        self.status = f"{error.code} {error.reason}"
        self.response_headers.append(("Content-Type", "application/problem+json"))
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)


class Server(TcpWSGIServer):
    """A server with deadlines for its clients, which finishes its requests before it stops."""

    channel_class = Channel
    is_stopping = False

    def maintenance(self, now: float) -> None:
        """Close the connections that are overdue, or too many. The loop calls it each second."""
        for channel in overdue(self.active_channels.values(), now=now, most=CONNECTIONS):
            channel.will_close = True

    def stop(self, *_signal: Any) -> None:
        """Take no more connections and let `run` return. For signal handlers."""
        self.is_stopping = True
        self.pull_trigger()

    def run(self) -> None:
        """Serve until `stop` is called; then finish the requests in progress."""
        while not self.is_stopping:
            self._step()
        self.del_channel()
        self.socket.close()
        ends_at = time.monotonic() + DRAIN_SECONDS
        while self._is_busy() and time.monotonic() < ends_at:
            self._step()
        self.task_dispatcher.shutdown()
        self.asyncore.close_all(self._map)

    def _step(self) -> None:
        self.asyncore.loop(timeout=1, use_poll=True, map=self._map, count=1)

    def _is_busy(self) -> bool:
        channels = self.active_channels.values()
        return any(channel.requests or channel.total_outbufs_len for channel in channels)


Channel.error_task_class = RefusedRequest


def overdue(channels: Iterable[Channel], *, now: float, most: int) -> Sequence[Channel]:
    """Return the connections to close: the overdue ones, and the oldest if there are too many."""
    channels = list(channels)
    waiting = sorted(
        (channel for channel in channels if channel.waiting_since is not None),
        key=attrgetter("waiting_since"),
    )
    too_many = max(0, len(channels) - int(most * _FULL))
    return [*waiting[:too_many], *(each for each in waiting[too_many:] if each.is_overdue(now))]


def problem_of(status: int, detail: str) -> bytes:
    """Return the body of an error answer."""
    title = HTTPStatus(status).phrase
    members = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    return json.dumps(members).encode()


def make_server(app: Any, *, host: str, port: int) -> Server:
    """Return a server that listens on this address."""
    return Server(
        app,
        host=host,
        port=port,
        threads=THREADS,
        connection_limit=CONNECTIONS,
        cleanup_interval=1,
        max_request_header_size=_HEADER_BYTES,
        max_request_body_size=MAX_BODY_BYTES,
        clear_untrusted_proxy_headers=False,
        ident=None,
    )


def main(address: str) -> None:
    """Serve the application on `host:port` until SIGTERM or SIGINT."""
    host, _, port = address.rpartition(":")
    allow_files(CONNECTIONS + _OTHER_FILES)
    server = make_server(create_app(), host=host.strip("[]"), port=int(port))
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, server.stop)
    server.run()


def allow_files(needed: int) -> None:
    """Raise this process's limit of open files to `needed`, as far as the system allows it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
    if soft != resource.RLIM_INFINITY and soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))


if __name__ == "__main__":
    main(sys.argv[1])
