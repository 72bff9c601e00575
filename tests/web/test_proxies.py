"""The web behind reverse proxies that end TLS."""

from dataclasses import replace

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.bootstrap import Container
from app.web import create_app


def _client(container: Container, proxies: int) -> FlaskClient:
    settings = container.settings.model_copy(update={"trusted_proxies": proxies})
    return create_app(replace(container, settings=settings)).test_client()


def _sign_in_page(client: FlaskClient, forwarded: str) -> TestResponse:
    return client.get("/login", headers={"X-Forwarded-Proto": forwarded})


@pytest.mark.parametrize("proxies, forwarded", [(1, "https"), (2, "https, http")])
def test_behind_trusted_proxies_the_cookie_is_secure_and_hsts_is_sent(
    container: Container, proxies: int, forwarded: str
) -> None:
    answer = _sign_in_page(_client(container, proxies), forwarded)
    assert "Secure" in answer.headers["Set-Cookie"]
    assert "Strict-Transport-Security" in answer.headers


@pytest.mark.parametrize("proxies, forwarded", [(0, "https"), (1, "https, http")])
def test_headers_that_no_trusted_proxy_set_are_ignored(
    container: Container, proxies: int, forwarded: str
) -> None:
    answer = _sign_in_page(_client(container, proxies), forwarded)
    assert "Secure" not in answer.headers["Set-Cookie"]
    assert "Strict-Transport-Security" not in answer.headers


def test_a_forwarded_loopback_address_gives_no_role(container: Container) -> None:
    settings = container.settings.model_copy(
        update={"trusted_proxies": 1, "trust_role_header": True}
    )
    client = create_app(replace(container, settings=settings)).test_client()
    headers = {"x-user-role": "admin", "X-Forwarded-For": "127.0.0.1"}
    assert client.get("/api/automation/inbox", headers=headers).status_code == 401
