"""What a token may do: every route needs one scope, and a token without it is refused."""

from collections.abc import Callable, Collection
from http import HTTPStatus

import pytest
from flask import Flask

from app.core.database import Sessions
from app.identity.roles import Scope
from app.identity.tokens import issue_token
from app.web.gate import READING_FORMS
from tests.web.conftest import IN_A_YEAR, Program
from tests.web.test_gate import guarded_endpoints

Bearer = Callable[[Collection[Scope]], Program]


@pytest.fixture
def bearer(web: Flask, users: None, sessions: Sessions) -> Bearer:  # noqa: ARG001 - a fixture's order
    """A function that returns a program whose token has these scopes."""

    def with_scopes(scopes: Collection[Scope]) -> Program:
        with sessions.begin() as session:
            token = issue_token(
                session, username="maria", name="x", expires_at=IN_A_YEAR, scopes=scopes
            )
        return Program(web.test_client(), token.text)

    return with_scopes


def _is_refused(caller: Program, method: str, path: str) -> bool:
    answer = caller.client.open(path, method=method, headers=caller.headers)
    return answer.status_code == HTTPStatus.FORBIDDEN and "needs the scope" in answer.text


READING_POSTS = {"/api/customers/search"}
"""Calls that are a POST to keep a number out of the address, and change nothing."""


def scope_of(endpoint: str, method: str, path: str) -> Scope:
    """Return the scope that a route needs."""
    if endpoint == "metrics.show":
        return Scope.METRICS
    is_reading = method in {"GET", "HEAD"} or path in READING_POSTS or endpoint in READING_FORMS
    return Scope.READ if is_reading else Scope.ACT


@pytest.mark.parametrize("scope", list(Scope))
def test_a_token_with_one_scope_may_call_the_routes_of_that_scope_alone(
    web: Flask, bearer: Bearer, scope: Scope
) -> None:
    caller = bearer({scope})
    routes = [route for route in guarded_endpoints(web) if route[1] != "HEAD"]
    assert len(routes) > 100
    wrong = [
        (method, path)
        for endpoint, method, path in routes
        if _is_refused(caller, method, path) != (scope_of(endpoint, method, path) is not scope)
    ]
    assert wrong == []


def test_the_refusal_names_both_scopes(bearer: Bearer) -> None:
    answer = bearer({Scope.READ, Scope.METRICS}).post("/api/automation/dispatch")
    assert answer.status_code == HTTPStatus.FORBIDDEN
    detail = "This token has the scope metrics, read; this call needs the scope act."
    assert answer.get_json()["detail"] == detail
