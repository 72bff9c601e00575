"""Error responses for people and programs."""

import logging
from collections.abc import Iterator
from dataclasses import replace
from http import HTTPStatus
from typing import NoReturn

import pytest
import structlog
from flask.testing import FlaskClient
from psycopg import errors

from app.bootstrap import Container, build
from app.core.database import Sessions
from app.periodic.heartbeat import record_heartbeat
from app.web import create_app
from tests.web.conftest import Browser, Program

HEADER = {"x-user-role": "admin"}


@pytest.fixture
def cut_off(container: Container) -> Iterator[FlaskClient]:
    """A client of an application without a database."""
    settings = container.settings.model_copy(
        update={
            "database_url": "postgresql+psycopg://nobody@127.0.0.1:9/nothing",
            "trust_role_header": True,
        }
    )
    alone = build(settings, process="test")
    yield create_app(alone).test_client()
    alone.close()


def test_without_the_database_programs_get_503_with_retry_after(cut_off: FlaskClient) -> None:
    answer = cut_off.get("/api/automation/inbox", headers=HEADER)
    assert answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert answer.headers["Retry-After"] == "5"
    assert answer.content_type == "application/problem+json"
    assert "127.0.0.1" not in answer.text


def test_without_the_database_a_dispatch_gets_503_with_retry_after(cut_off: FlaskClient) -> None:
    answer = cut_off.post("/api/automation/dispatch", headers=HEADER)
    assert answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert "can't be reached" in answer.json["detail"]  # type: ignore[index]


@pytest.mark.parametrize(
    "state, status, words",
    [
        ("55P03", HTTPStatus.SERVICE_UNAVAILABLE, "too busy"),
        ("57014", HTTPStatus.SERVICE_UNAVAILABLE, "too busy"),
        ("53100", HTTPStatus.SERVICE_UNAVAILABLE, "accepts no changes"),
        ("54000", HTTPStatus.UNPROCESSABLE_ENTITY, "refuses a value"),
        ("42P01", HTTPStatus.INTERNAL_SERVER_ERROR, "logged"),
    ],
)
def test_a_database_error_is_answered_by_its_kind(
    container: Container, state: str, status: HTTPStatus, words: str
) -> None:
    def fail() -> NoReturn:
        raise errors.lookup(state)

    settings = container.settings.model_copy(update={"trust_role_header": True})
    app = create_app(replace(container, settings=settings))
    app.add_url_rule("/api/automation/fail", view_func=fail)

    answer = app.test_client().get("/api/automation/fail", headers=HEADER)

    assert answer.status_code == status
    assert words in answer.json["detail"]  # type: ignore[index]
    assert ("Retry-After" in answer.headers) == (status == HTTPStatus.SERVICE_UNAVAILABLE)


def test_without_the_database_people_see_a_page(cut_off: FlaskClient) -> None:
    answer = cut_off.get("/automation", headers=HEADER)
    assert answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert "Not available now" in answer.text


def test_without_the_database_the_process_is_alive_but_not_ready(cut_off: FlaskClient) -> None:
    assert cut_off.get("/healthz").status_code == HTTPStatus.OK
    answer = cut_off.get("/readyz")
    assert answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert answer.json == {
        "status": "failed",
        "checks": {"database": "failed", "migrations": "skipped", "beat": "skipped"},
    }


def test_without_a_heartbeat_it_is_not_ready(anonymous: Browser) -> None:
    answer = anonymous.get("/readyz")
    assert answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert answer.json == {
        "status": "failed",
        "checks": {"database": "ok", "migrations": "ok", "beat": "failed"},
    }


def test_with_database_schema_and_heartbeat_it_is_ready(
    anonymous: Browser, sessions: Sessions
) -> None:
    record_heartbeat(sessions, name="beat")
    assert anonymous.get("/readyz").status_code == HTTPStatus.OK


def test_an_internal_error_shows_no_details_to_the_caller(container: Container) -> None:
    settings = container.settings.model_copy(update={"trust_role_header": True})
    broken = replace(container, settings=settings, dispatcher="not a dispatcher")  # type: ignore[arg-type]
    client = create_app(broken).test_client()
    answer = client.post("/api/automation/dispatch", headers=HEADER)
    assert answer.status_code == HTTPStatus.INTERNAL_SERVER_ERROR
    assert "logged" in answer.json["detail"]  # type: ignore[index]
    assert "dispatcher" not in answer.text


class RequestIds(logging.Handler):
    """Keeps the request id that a log line is written with."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def emit(self, _record: logging.LogRecord) -> None:
        self.seen.append(structlog.contextvars.get_contextvars()["request_id"])


def test_an_internal_error_has_a_reference_that_the_log_has_too(container: Container) -> None:
    settings = container.settings.model_copy(update={"trust_role_header": True})
    broken = replace(container, settings=settings, dispatcher="not a dispatcher")  # type: ignore[arg-type]
    app = create_app(broken)
    log = RequestIds()
    app.logger.addHandler(log)
    answer = app.test_client().post("/automation/overview/dispatch", headers=HEADER)
    app.logger.removeHandler(log)
    assert answer.status_code == HTTPStatus.INTERNAL_SERVER_ERROR
    assert log.seen == [answer.headers["X-Request-Id"]]
    assert f"The reference of this error is {log.seen[0]}." in answer.text


def test_a_missing_page_says_so(admin: Browser) -> None:
    answer = admin.get("/automation/items/404")
    assert answer.status_code == HTTPStatus.NOT_FOUND
    assert "There is no inbox item 404." in answer.text


def test_a_page_with_a_bad_filter_says_which(admin: Browser) -> None:
    answer = admin.get("/automation?status=new")
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "The parameter status" in answer.text


@pytest.mark.usefixtures("item_id")
def test_metrics_contain_the_stats_and_the_times_of_requests(
    program: Program, container: Container
) -> None:
    web = create_app(container)
    program = replace(program, client=web.test_client())
    program.get("/api/automation/inbox")
    web.test_client().open("/nowhere/at/all", method="BREW")
    answer = program.get("/metrics")
    assert answer.content_type.startswith("text/plain")
    assert "automation_events_due 0.0" in answer.text
    assert 'automation_inbox_open{severity="critical"} 1.0' in answer.text
    counted = 'method="GET",route="api_inbox.index",status="200"} 1.0'
    assert f"automation_http_request_seconds_count{{{counted}" in answer.text
    assert 'method="other",route="unmatched"' in answer.text
