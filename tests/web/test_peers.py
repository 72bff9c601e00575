"""The role header over real connections: only the account that runs the product may use it."""

import socket
from collections.abc import Iterator
from http import HTTPStatus
from threading import Thread

import httpx
import pytest
from flask import Flask

from app.web import peers, serve

HEADER = {"x-user-role": "admin"}

pytestmark = pytest.mark.skipif(
    not peers.TABLES[0].exists(), reason="this system has no list of its connections"
)


@pytest.fixture
def port(trusting_web: Flask) -> Iterator[int]:
    """The port of a server that trusts the role header."""
    server = serve.make_server(trusting_web, host="127.0.0.1", port=0)
    thread = Thread(target=server.run)
    thread.start()
    yield int(server.effective_port)
    server.stop()
    thread.join()


def _status(port: int) -> int:
    url = f"http://localhost:{port}/api/automation/stats"
    return httpx.get(url, headers=HEADER, timeout=30).status_code


def test_our_own_account_may_use_the_role_header(port: int) -> None:
    assert _status(port) == HTTPStatus.OK


def test_another_account_of_this_machine_may_not(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.web.peers.os.geteuid", lambda: 471_147)
    assert _status(port) == HTTPStatus.UNAUTHORIZED


def test_a_connection_that_its_program_has_closed_is_nobodys() -> None:
    """Its account can't be known: it is listed as root's."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = server.getsockname()
        with socket.create_connection(address, timeout=30) as client:
            ports = {"port": client.getsockname()[1], "server_port": address[1]}
            assert peers.is_of_this_account(**ports)
            client.shutdown(socket.SHUT_WR)
            assert not peers.is_of_this_account(**ports)


def test_a_connection_that_is_not_there_is_nobodys() -> None:
    assert not peers.is_of_this_account(port=1, server_port=1)


def test_a_system_without_a_list_knows_no_accounts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peers, "TABLES", ())
    assert peers.is_of_this_account(port=1, server_port=1)
