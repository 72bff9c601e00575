"""Access to every route for every kind of caller."""

import re
from collections.abc import Iterator
from dataclasses import replace
from http import HTTPStatus

import pytest
from flask import Flask
from pydantic import SecretStr
from werkzeug.routing import Rule

from app.bootstrap import Container
from app.web import create_app
from app.web.gate import OPEN_BLUEPRINTS, OPEN_ENDPOINTS
from tests.web.conftest import Browser, Program

ADMIN_HEADER = {"x-user-role": "admin"}


def guarded_endpoints(web: Flask) -> Iterator[tuple[str, str, str]]:
    """Yield endpoint, method and path of every route that is not open."""
    for rule in web.url_map.iter_rules():
        if rule.endpoint in OPEN_ENDPOINTS or rule.endpoint.split(".")[0] in OPEN_BLUEPRINTS:
            continue
        for method in sorted((rule.methods or set()) - {"OPTIONS"}):
            yield rule.endpoint, method, path_of(rule)


def guarded(web: Flask) -> Iterator[tuple[str, str]]:
    """Yield method and path of every route that is not open."""
    return ((method, path) for _endpoint, method, path in guarded_endpoints(web))


def path_of(rule: Rule) -> str:
    path = re.sub(r"<any\((\w+).*?\):\w+>", r"\1", rule.rule)
    return re.sub(r"<id:\w+>", "1", path)


def test_only_these_routes_are_open(web: Flask) -> None:
    served = {rule.endpoint for rule in web.url_map.iter_rules()}
    assert served >= OPEN_ENDPOINTS
    assert {"webhooks"} == OPEN_BLUEPRINTS
    assert {
        "bootstrap.static",
        "health.live",
        "health.ready",
        "login.show",
        "login.sign_in",
        "login.sign_out",
        "static",
    } == OPEN_ENDPOINTS


def test_without_identity_every_route_asks_for_one(web: Flask, anonymous: Browser) -> None:
    routes = list(guarded(web))
    assert len(routes) > 30
    for method, path in routes:
        answer = anonymous.client.open(path, method=method)
        if path.startswith(("/api/", "/metrics")) and path != "/api/docs":
            assert answer.status_code == HTTPStatus.UNAUTHORIZED, (method, path)
            assert answer.headers["WWW-Authenticate"] == "Bearer"
        else:
            assert answer.status_code == HTTPStatus.SEE_OTHER, (method, path)
            assert answer.location.startswith("/login"), (method, path)


def test_without_the_admin_role_every_route_is_forbidden(web: Flask, agent: Browser) -> None:
    for method, path in guarded(web):
        answer = agent.client.open(path, method=method)
        assert answer.status_code == HTTPStatus.FORBIDDEN, (method, path)


def test_an_unknown_path_is_not_revealed_without_authentication(anonymous: Browser) -> None:
    assert anonymous.get("/api/secret").status_code == HTTPStatus.UNAUTHORIZED
    assert anonymous.get("/secret").location == "/login?next=%2Fsecret"


@pytest.mark.parametrize("path", ["/api/automation/stats", "/automation", "/metrics"])
def test_a_token_gives_access_to_api_pages_and_metrics(program: Program, path: str) -> None:
    assert program.get(path).status_code == HTTPStatus.OK


@pytest.mark.parametrize("token", ["ac_wrong", "", "ac_\x7f", "é"])
def test_a_bad_token_is_refused_even_with_a_valid_session(admin: Browser, token: str) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    answer = admin.get("/api/automation/stats", headers=headers)
    assert answer.status_code == HTTPStatus.UNAUTHORIZED


def test_the_role_header_is_ignored_unless_it_is_trusted(web: Flask) -> None:
    answer = web.test_client().get("/api/automation/stats", headers=ADMIN_HEADER)
    assert answer.status_code == HTTPStatus.UNAUTHORIZED


def test_a_trusted_role_header_gives_access_from_this_machine(trusting_web: Flask) -> None:
    client = trusting_web.test_client()
    for path in ("/api/automation/stats", "/automation"):
        assert client.get(path, headers=ADMIN_HEADER).status_code == HTTPStatus.OK


def test_a_trusted_role_header_needs_no_csrf_token(trusting_web: Flask) -> None:
    answer = trusting_web.test_client().post(
        "/api/automation/dispatch",
        headers=ADMIN_HEADER | {"Content-Type": "application/json"},
    )
    assert answer.status_code == HTTPStatus.OK


@pytest.mark.parametrize("role", ["agent", "user", "Administrator", "<b>"])
def test_another_role_in_the_header_is_forbidden(trusting_web: Flask, role: str) -> None:
    for path in ("/api/automation/stats", "/automation"):
        answer = trusting_web.test_client().get(path, headers={"x-user-role": role})
        assert answer.status_code == HTTPStatus.FORBIDDEN


@pytest.mark.parametrize(
    "origin, headers",
    [
        ({"REMOTE_ADDR": "192.0.2.7"}, {}),
        ({}, {"Host": "rebound.example:3001"}),
        ({}, {"X-Forwarded-For": "127.0.0.1"}),
        ({}, {"Forwarded": "for=127.0.0.1"}),
    ],
    ids=["another machine", "a name made to point here", "a proxy", "another proxy"],
)
def test_a_trusted_role_header_is_ignored_from_other_machines(
    trusting_web: Flask, origin: dict[str, str], headers: dict[str, str]
) -> None:
    answer = trusting_web.test_client().get(
        "/api/automation/stats", headers=ADMIN_HEADER | headers, environ_overrides=origin
    )
    assert answer.status_code == HTTPStatus.UNAUTHORIZED


def test_a_session_signed_with_another_key_is_invalid(admin: Browser, container: Container) -> None:
    settings = container.settings.model_copy(update={"secret_key": SecretStr("y" * 32)})
    elsewhere = create_app(replace(container, settings=settings)).test_client()
    cookie = admin.client.get_cookie("automation_session")
    assert cookie is not None
    elsewhere.set_cookie("automation_session", cookie.value)
    assert elsewhere.get("/automation").status_code == HTTPStatus.SEE_OTHER


@pytest.mark.parametrize(
    "path",
    [
        "/api/automation/dispatch",
        "/api/automation/inbox/1/resolve",
        "/automation/items/1/resolve",
        "/automation/overview/dispatch",
        "/automation/overview/otp-stuck",
        "/automation/overview/daily-summary",
        "/automation/overview/trend-hours",
    ],
)
def test_a_session_needs_its_csrf_token_to_change_anything(
    admin: Browser, item_id: int, path: str
) -> None:
    assert admin.client.post(path).status_code == HTTPStatus.BAD_REQUEST
    answer = admin.client.post(path, headers={"X-CSRFToken": "made up"})
    assert answer.status_code == HTTPStatus.BAD_REQUEST
    assert admin.get(f"/api/automation/inbox/{item_id}").json["status"] == "open"  # type: ignore[index]


def test_every_response_has_the_security_headers(admin: Browser) -> None:
    for path in ("/login", "/automation", "/api/automation/stats", "/nowhere", "/healthz"):
        headers = admin.get(path).headers
        assert "script-src 'self'" in headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Cache-Control"] == "no-store"


def test_over_https_the_cookie_is_secure_and_hsts_is_sent(web: Flask) -> None:
    answer = web.test_client().get("/login", base_url="https://center.example")
    assert "Secure" in answer.headers["Set-Cookie"]
    assert "Strict-Transport-Security" in answer.headers
    plain = web.test_client().get("/login")
    assert "Secure" not in plain.headers["Set-Cookie"]
    assert "HttpOnly" in plain.headers["Set-Cookie"]
    assert "SameSite=Lax" in plain.headers["Set-Cookie"]
