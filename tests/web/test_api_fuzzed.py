"""Random and extreme requests, made from the contract: each is answered as the contract says.

Schemathesis makes them and checks the answers: no 5xx, no status, header or body that the
contract does not name, no invalid request accepted, no answer without a token.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, settings
from schemathesis import Case, CheckContext, Config, Response

from app.bootstrap import Container
from app.web import api
from app.web.api.openapi import document_of
from app.web.requests import CONVERTERS
from tests.web.api_world import build_world
from tests.web.conftest import Program

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "5"))
"""Random requests per operation, besides the examples and the extreme values."""

BEYOND_A_SCHEMA = {
    "Idempotency-Key",
    "assignee",
    "cursor",
    "date",
    "filter.since",
    "filters.since",
    "identity",
    "note",
    "reason",
    "recipient",
    "since",
    "target",
    "template",
    "until",
}
"""Fields with a rule that a schema can't express. Only these may be refused in a request that
fits its schema."""

CONFIG = Config.from_dict(
    {
        "generation": {
            "deterministic": "FUZZ_EXAMPLES" not in os.environ,
            "max-examples": EXAMPLES,
            "database": "none",
        },
        "checks": {
            "positive_data_acceptance": {"enabled": False},  # `valid_data_is_accepted` is stricter
            "negative_data_rejection": {
                "expected-statuses": [400, 401, 403, 404, 405, 409, 412, 413, 415, 422]
            },
        },
    }
)


@dataclass(slots=True)
class CurrentApp:
    """The application of the running test, for the contract that is read before all tests."""

    app: Flask | None = None

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        assert self.app is not None
        return self.app(environ, start_response)


CURRENT = CurrentApp()


def _contract() -> schemathesis.BaseSchema:
    app = Flask(__name__)
    app.url_map.converters.update(CONVERTERS)
    api.install(app)
    contract = schemathesis.openapi.from_dict(document_of(app), config=CONFIG)
    contract.app = CURRENT
    return contract


@schemathesis.check
def valid_data_is_accepted(_ctx: CheckContext, response: Response, case: Case[Any]) -> None:
    """Raise if a request that fits the contract is refused, except for the state of the rows."""
    is_valid = case.meta is not None and case.meta.generation.mode.is_positive
    if is_valid and response.status_code in {HTTPStatus.UNPROCESSABLE_ENTITY, 400, 413, 415}:
        problem = response.json()
        assert problem.get("field") in BEYOND_A_SCHEMA, problem


@pytest.fixture
def serving(web: Flask, container: Container, users: None) -> None:  # noqa: ARG001 - a fixture's order
    build_world(container)
    CURRENT.app = web


@_contract().parametrize()
@settings(suppress_health_check=list(HealthCheck), deadline=None)
@pytest.mark.usefixtures("serving")
def test_the_api_keeps_its_contract(case: Case[Any], program: Program) -> None:
    case.call_and_validate(headers=program.headers)
