"""What each role may do: a walk over all routes, and the buttons on the pages."""

import re
from http import HTTPStatus

import pytest
from flask import Flask

from app.bootstrap import Container
from app.identity.roles import SCOPES_OF_ROLE, Identity, Role, Scope
from app.web.gate import OPEN_ENDPOINTS, READING_FORMS
from tests.web.api_world import build_world
from tests.web.conftest import Browser
from tests.web.test_every_page import STATES, paths_of_pages
from tests.web.test_gate import guarded_endpoints
from tests.web.test_token_scopes import scope_of

FORM = re.compile(r'<form[^>]*method="post"[^>]*action="([^"]+)"[^>]*>(.*?)</form>', re.DOTALL)
ADDRESS_OF_BUTTON = re.compile(r'formaction="([^"]+)"')


def _is_closed_to_auditors(web: Flask, address: str) -> bool:
    """Tell whether a form that is sent to `address` would be refused."""
    path = address.partition("?")[0]
    path = path.replace("/items/0/", "/items/1/")  # a dialog gets its item when it opens
    endpoint, _values = web.url_map.bind("localhost").match(path, method="POST")
    return endpoint not in OPEN_ENDPOINTS and scope_of(endpoint, "POST", path) is Scope.ACT


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.AGENT])
def test_a_role_may_call_the_routes_of_its_scopes_alone(
    web: Flask, request: pytest.FixtureRequest, role: Role
) -> None:
    browser: Browser = request.getfixturevalue(role.value)
    routes = list(guarded_endpoints(web))
    assert len(routes) > 100
    wrong = [
        (method, path)
        for endpoint, method, path in routes
        if _is_refused(browser, method, path)
        == (scope_of(endpoint, method, path) in SCOPES_OF_ROLE[role])
    ]
    assert wrong == []


def _is_refused(browser: Browser, method: str, path: str) -> bool:
    answer = browser.client.open(path, method=method)
    return answer.status_code == HTTPStatus.FORBIDDEN


def test_only_these_forms_change_nothing() -> None:
    assert {"customers.search", "inbox.search", "sessions.end_others"} == READING_FORMS


def test_each_role_has_its_row() -> None:
    assert set(SCOPES_OF_ROLE) == set(Role)


def test_the_refusal_names_the_role_that_is_needed(auditor: Browser) -> None:
    answer = auditor.submit("/automation/dispatch", page="/automation")
    assert answer.status_code == HTTPStatus.FORBIDDEN
    assert "auditor does not have the admin role, which is required here" in answer.text


@pytest.mark.usefixtures("users")
def test_an_auditor_sees_every_page_and_no_button_that_would_be_refused(
    web: Flask,
    container: Container,
    auditor: Browser,
) -> None:
    build_world(container)
    refused = []
    for page in [*paths_of_pages(web), *STATES]:
        answer = auditor.get(page, follow_redirects=True)
        assert answer.status_code == HTTPStatus.OK, page
        sent = [address for address, body in FORM.findall(answer.text) if "<button" in body]
        sent += ADDRESS_OF_BUTTON.findall(answer.text)
        assert sent, page  # at least Sign out
        refused += [(page, each) for each in sent if _is_closed_to_auditors(web, each)]
    assert refused == []


@pytest.mark.parametrize("role", ["wizard", "", "Admin"])
def test_an_unknown_role_may_do_nothing(role: str) -> None:
    identity = Identity(name="x", role=role, credential="session")  # type: ignore[arg-type]
    assert not any(identity.may(scope) for scope in Scope)
