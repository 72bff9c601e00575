"""The security log: one line for each sign-in and refusal, with its source and actor."""

import logging
from collections.abc import Iterator
from http import HTTPStatus

import pytest
from flask import Flask

from app.core import security_log
from app.core.logs import configure_logging
from app.core.security_log import LineBound
from tests.web.conftest import PASSWORD, Browser, Program, csrf_token

SOURCE = "203.0.113.147"


class Lines(logging.Handler):
    """The lines of the logger `security`, as they are rendered."""

    def __init__(self) -> None:
        super().__init__()
        self.events: list[dict[str, object]] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the fields of a line."""
        assert isinstance(record.msg, dict)
        self.events.append(record.msg)


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[dict[str, object]]]:
    """Return the lines that are written from now on, with a bound of their own."""
    configure_logging(process="test", form="json")
    monkeypatch.setattr(security_log, "_bound", LineBound())
    logger, handler = logging.getLogger("security"), Lines()
    logger.addHandler(handler)
    yield handler.events
    logger.removeHandler(handler)


def shown(line: dict[str, object]) -> tuple[object, ...]:
    return line["event"], line["source_address"], line["actor"]


def from_source(web: Flask) -> Browser:
    client = web.test_client()
    client.environ_base["REMOTE_ADDR"] = SOURCE
    return Browser(client)


@pytest.mark.usefixtures("users")
def test_a_sign_in_and_a_sign_out_are_recorded(web: Flask, lines: list[dict[str, object]]) -> None:
    browser = from_source(web)
    browser.sign_in("maria")
    browser.submit("/logout", page="/automation")
    assert [shown(line) for line in lines] == [
        ("signed_in", SOURCE, "maria"),
        ("signed_out", SOURCE, "maria"),
    ]


@pytest.mark.usefixtures("users")
def test_a_refused_sign_in_is_recorded_without_what_a_stranger_typed(
    web: Flask, lines: list[dict[str, object]]
) -> None:
    browser = from_source(web)
    browser.sign_in("maria", "wrong wrong wrong")
    browser.sign_in(PASSWORD, "maria")
    assert [shown(line) for line in lines] == [
        ("sign_in_refused", SOURCE, "maria"),
        ("sign_in_refused", SOURCE, None),
    ]
    assert PASSWORD not in str(lines)
    assert "wrong wrong" not in str(lines)


def test_a_bad_token_is_recorded_without_the_token(
    web: Flask, lines: list[dict[str, object]]
) -> None:
    headers = {"Authorization": "Bearer ac_made_up_token"}
    from_source(web).get("/api/automation/stats", headers=headers)
    assert shown(lines[0]) == ("token_refused", SOURCE, None)
    assert "made_up" not in str(lines)


def test_a_bad_signature_and_a_bad_verify_token_are_recorded(
    web: Flask, lines: list[dict[str, object]]
) -> None:
    browser = from_source(web)
    browser.client.post("/webhooks/whatsapp", data=b"{}")
    browser.get("/webhooks/whatsapp?hub.verify_token=guessed")
    events = {line["event"] for line in lines}
    assert events >= {"webhook_signature_refused", "webhook_challenge_refused"}
    assert "guessed" not in str(lines)


def test_a_forbidden_request_is_recorded_with_its_actor(
    agent: Browser, lines: list[dict[str, object]]
) -> None:
    assert agent.get("/automation?q=34600111222").status_code == HTTPStatus.FORBIDDEN
    (line,) = lines
    assert shown(line) == ("request_refused", "127.0.0.1", "agent")
    assert (line["status"], line["reason"]) == (403, "Forbidden")
    assert "34600111222" not in str(line)


def test_a_forged_form_is_recorded_with_its_actor(
    admin: Browser, lines: list[dict[str, object]]
) -> None:
    admin.client.post("/automation/items/1/resolve", headers={"X-CSRFToken": "made up"})
    (line,) = lines
    assert shown(line) == ("request_refused", "127.0.0.1", "maria")
    assert line["reason"] == "CSRFError"
    assert csrf_token(admin.get("/automation").text) not in str(line)


def test_what_is_allowed_is_not_recorded(program: Program, lines: list[dict[str, object]]) -> None:
    program.get("/api/automation/stats")
    program.get("/api/automation/inbox/999")
    assert lines == []


def test_a_flood_writes_ten_lines_a_second_and_counts_the_others(
    web: Flask, lines: list[dict[str, object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 100.0
    monkeypatch.setattr(security_log, "_bound", LineBound(monotonic=lambda: now))
    browser = from_source(web)
    for _ in range(50):
        browser.client.post("/webhooks/whatsapp", data=b"{}")
    refused = [line for line in lines if line["event"] == "webhook_signature_refused"]
    assert len(refused) == 10
    now += 1
    browser.client.post("/webhooks/whatsapp", data=b"{}")
    last = [line for line in lines if line["event"] == "webhook_signature_refused"][-1]
    assert last["suppressed"] == 40
