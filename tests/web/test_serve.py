"""The HTTP server: slow clients cost no thread, and a stop finishes what was begun."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from typing import Any

import httpx
import pytest

from app.web import MAX_BODY_BYTES, serve

HALF_A_HEADER = b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-"
HALF_A_BODY = b"POST /webhooks/whatsapp HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"
NOTHING = b""


def _hello(_environ: Any, start_response: Any) -> list[bytes]:
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "5")])
    return [b"hello"]


@contextmanager
def _running(app: Any = _hello) -> Iterator[serve.Server]:
    server = serve.make_server(app, host="127.0.0.1", port=0)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield server
    finally:
        server.stop()
        thread.join()


def _address(server: serve.Server) -> tuple[str, int]:
    return "127.0.0.1", int(server.effective_port)


def _url(server: serve.Server) -> str:
    return f"http://127.0.0.1:{server.effective_port}/healthz"


def _connect(server: serve.Server, sent: bytes) -> socket.socket:
    connection = socket.create_connection(_address(server), timeout=30)
    connection.sendall(sent)
    return connection


def test_slow_clients_hold_no_thread() -> None:
    with _running() as server, ExitStack() as open_ones:
        for sent in (HALF_A_HEADER, HALF_A_BODY, NOTHING) * serve.THREADS:
            open_ones.enter_context(_connect(server, sent))
        assert httpx.get(_url(server), timeout=30).text == "hello"


@pytest.mark.parametrize("sent", [HALF_A_HEADER, HALF_A_BODY])
def test_a_request_that_takes_too_long_is_cut_off(
    monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    monkeypatch.setattr(serve, "REQUEST_SECONDS", 0)
    with _running() as server, closing(_connect(server, sent)) as connection:
        assert connection.recv(1) == b""


def test_a_connection_without_a_request_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serve, "IDLE_SECONDS", 0)
    with _running() as server, closing(_connect(server, NOTHING)) as connection:
        assert connection.recv(1) == b""


def test_a_slow_request_in_progress_is_not_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serve, "REQUEST_SECONDS", 0)
    monkeypatch.setattr(serve, "IDLE_SECONDS", 0)
    looked = threading.Event()

    def slow(environ: Any, start_response: Any) -> list[bytes]:
        assert looked.wait(30)
        return _hello(environ, start_response)

    class Watched(serve.Server):
        def maintenance(self, now: float) -> None:
            super().maintenance(now)
            if any(channel.requests for channel in self.active_channels.values()):
                looked.set()

    monkeypatch.setattr(serve, "Server", Watched)
    with _running(slow) as server:
        assert httpx.get(_url(server), timeout=30).text == "hello"


def test_the_connections_that_wait_longest_make_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serve, "CONNECTIONS", 40)
    with _running() as server, ExitStack() as open_ones:
        waiting = [open_ones.enter_context(_connect(server, HALF_A_HEADER)) for _ in range(60)]
        assert waiting[0].recv(1) == b""
        assert httpx.get(_url(server), timeout=30).text == "hello"


def test_a_stop_finishes_the_request_in_progress() -> None:
    begun, may_end = threading.Event(), threading.Event()

    def slow(environ: Any, start_response: Any) -> list[bytes]:
        begun.set()
        assert may_end.wait(30)
        return _hello(environ, start_response)

    server = serve.make_server(slow, host="127.0.0.1", port=0)
    serving = threading.Thread(target=server.run)
    serving.start()
    answers: list[httpx.Response] = []
    asking = threading.Thread(target=lambda: answers.append(httpx.get(_url(server), timeout=30)))
    asking.start()
    assert begun.wait(30)
    server.stop()
    may_end.set()
    asking.join()
    serving.join()
    assert [answer.text for answer in answers] == ["hello"]
    with pytest.raises(httpx.ConnectError):
        httpx.get(_url(server))


@pytest.mark.parametrize(
    "request_bytes, status",
    [
        (b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % (MAX_BODY_BYTES + 1), 413),
        (b"GET / HTTP/1.1\r\nX-Long: " + b"x" * 40_000 + b"\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n", 400),
    ],
)
def test_a_request_that_can_not_be_read_gets_a_problem(request_bytes: bytes, status: int) -> None:
    with _running() as server, closing(_connect(server, request_bytes)) as connection:
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.split()[1] == b"%d" % status
    assert b"application/problem+json" in head
    assert b"Server:" not in head
    assert json.loads(body)["status"] == status
