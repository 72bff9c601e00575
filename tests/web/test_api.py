"""The JSON API with valid and invalid requests."""

from http import HTTPStatus
from typing import Any

import pytest
from werkzeug.test import TestResponse

from app.bootstrap import Container
from tests.web.conftest import Browser, Program, csrf_token

INBOX = "/api/automation/inbox"
EVENTS = "/api/automation/events"
JOBS = "/api/outbound/jobs"
JSON_TYPE = {"content_type": "application/json"}
JOB = {"recipient": "+12025550147", "text": "Your card is on its way."}


def body_of(answer: TestResponse, status: HTTPStatus = HTTPStatus.OK) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    body = answer.get_json()
    assert isinstance(body, dict)
    return body


def refusal(answer: TestResponse, status: HTTPStatus) -> dict[str, Any]:
    assert answer.content_type == "application/problem+json"
    problem = body_of(answer, status)
    assert problem["status"] == status
    assert problem["type"] == "about:blank"
    assert problem["title"] == status.phrase
    return problem


def test_an_item_is_listed_shown_and_worked(program: Program, item_id: int) -> None:
    listed = body_of(program.get(f"{INBOX}?status=open&severity=critical"))
    assert [item["id"] for item in listed["items"]] == [item_id]
    assert listed["next_cursor"] is None
    shown = body_of(program.get(f"{INBOX}/{item_id}"))
    assert shown["allowed_actions"][:3] == ["acknowledge", "resolve", "dismiss"]
    assert shown["link_ref"] == "/automation/cases/42"
    assert shown["created_at"].endswith("+00:00")
    note = {"note": "On it.", "version": 1}
    acted = body_of(program.post(f"{INBOX}/{item_id}/acknowledge", json=note))
    assert (acted["status"], acted["assignee"], acted["version"]) == ("acknowledged", "maria", 2)
    [act] = body_of(program.get(f"{INBOX}/{item_id}"))["history"]
    assert (act["actor"], act["action"], act["note"]) == ("maria", "acknowledge", "On it.")


def test_an_action_needs_no_body(program: Program, item_id: int) -> None:
    assert body_of(program.post(f"{INBOX}/{item_id}/dismiss"))["status"] == "dismissed"
    assert body_of(program.post(f"{INBOX}/{item_id}/reopen"))["status"] == "open"


def test_a_whole_number_may_have_a_fraction_of_zero(program: Program, item_id: int) -> None:
    answer = program.post(f"{INBOX}/{item_id}/resolve", data=b'{"version": 1.0}', **JSON_TYPE)
    assert body_of(answer)["version"] == 2
    answer = program.post(f"{INBOX}/{item_id}/reopen", data=b'{"version": 2.5}', **JSON_TYPE)
    assert refusal(answer, HTTPStatus.UNPROCESSABLE_ENTITY)["field"] == "version"


@pytest.mark.parametrize("more", [{}, {"text": "Hi", "template": {"name": "a", "language": "en"}}])
def test_a_message_is_either_a_text_or_a_template(program: Program, more: dict[str, Any]) -> None:
    answer = program.post(JOBS, json={"recipient": "+12025550147", **more})
    problem = refusal(answer, HTTPStatus.UNPROCESSABLE_ENTITY)
    assert problem["detail"] == "The body must hold either a text or a template."


def test_the_second_admin_gets_409_with_the_name_of_the_first(
    program: Program, item_id: int
) -> None:
    program.post(f"{INBOX}/{item_id}/resolve")
    problem = refusal(program.post(f"{INBOX}/{item_id}/resolve"), HTTPStatus.CONFLICT)
    assert "resolved by maria" in problem["detail"]


def test_a_session_may_use_the_api_with_its_csrf_token(admin: Browser, item_id: int) -> None:
    token = csrf_token(admin.get("/automation").text)
    answer = admin.client.post(f"{INBOX}/{item_id}/resolve", headers={"X-CSRFToken": token})
    assert body_of(answer)["status"] == "resolved"


@pytest.mark.parametrize(
    "query, field",
    [
        ("status=new", "status"),
        ("severity=high", "severity"),
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=ten", "limit"),
        ("cursor=%27", "cursor"),
        ("cursor=" + "x" * 101, "cursor"),
        ("offset=50", "offset"),
        ("status=open&status=resolved", "status"),
        ("q=%00", "q"),
        ("q=" + "x" * 101, "q"),
        ("type=%00", "type"),
    ],
)
def test_a_bad_parameter_is_named_in_one_sentence(program: Program, query: str, field: str) -> None:
    problem = refusal(program.get(f"{INBOX}?{query}"), HTTPStatus.UNPROCESSABLE_ENTITY)
    assert problem["field"] == field
    assert field in problem["detail"]
    assert problem["detail"].endswith(".")


@pytest.mark.parametrize("query", ["q=%27%3B+DROP+TABLE", "q=%25", "type=%3Cscript%3E", "q=%F0%9F"])
@pytest.mark.usefixtures("item_id")
def test_odd_text_in_a_filter_finds_nothing_and_breaks_nothing(
    program: Program, query: str
) -> None:
    assert body_of(program.get(f"{INBOX}?{query}"))["items"] == []


@pytest.mark.usefixtures("item_id")
def test_a_search_for_a_full_number_is_masked(program: Program) -> None:
    for number in ("+1 (202) 555-0147", "12025550147", "%2B12025550147"):
        assert len(body_of(program.get(f"{INBOX}?q={number}"))["items"]) == 1
    assert body_of(program.get(f"{INBOX}?q=%2B12025550148"))["items"] == []


@pytest.mark.usefixtures("item_id")
def test_an_empty_parameter_counts_as_missing(program: Program) -> None:
    assert len(body_of(program.get(f"{INBOX}?status=&q="))["items"]) == 1


@pytest.mark.parametrize(
    "body, status",
    [
        (b"{", HTTPStatus.BAD_REQUEST),
        (b"\xff", HTTPStatus.BAD_REQUEST),
        (b"[" * 50_000, HTTPStatus.BAD_REQUEST),
        (b'{"note": "\\ud800"}', HTTPStatus.BAD_REQUEST),
        (b"[]", HTTPStatus.UNPROCESSABLE_ENTITY),
        (b'"text"', HTTPStatus.UNPROCESSABLE_ENTITY),
        (b'{"note": 7}', HTTPStatus.UNPROCESSABLE_ENTITY),
        (b'{"note": "\\u0000"}', HTTPStatus.UNPROCESSABLE_ENTITY),
        (b'{"note": "' + b"x" * 2001 + b'"}', HTTPStatus.UNPROCESSABLE_ENTITY),
        (b'{"version": true}', HTTPStatus.UNPROCESSABLE_ENTITY),
        (b'{"version": "1"}', HTTPStatus.UNPROCESSABLE_ENTITY),
        (b'{"version": 0}', HTTPStatus.UNPROCESSABLE_ENTITY),
        (b'{"status": "resolved"}', HTTPStatus.UNPROCESSABLE_ENTITY),
        (b'{"note": "' + b"x" * 65_536 + b'"}', HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
    ],
    ids=lambda value: str(value)[:24],
)
def test_a_bad_body_is_refused_and_changes_nothing(
    program: Program, item_id: int, body: bytes, status: HTTPStatus
) -> None:
    answer = program.post(f"{INBOX}/{item_id}/resolve", data=body, content_type="application/json")
    refusal(answer, status)
    assert body_of(program.get(f"{INBOX}/{item_id}"))["status"] == "open"


def test_a_body_that_is_not_declared_as_json_is_refused(program: Program, item_id: int) -> None:
    answer = program.post(f"{INBOX}/{item_id}/resolve", data="note=x", content_type="text/plain")
    refusal(answer, HTTPStatus.UNSUPPORTED_MEDIA_TYPE)


@pytest.mark.parametrize("number", ["0", "-1", "abc", "9223372036854775808", "1e3", "404"])
@pytest.mark.parametrize("path", [INBOX, EVENTS, JOBS, "/api/fraud/cases"])
def test_what_does_not_exist_is_not_found(program: Program, path: str, number: str) -> None:
    refusal(program.get(f"{path}/{number}"), HTTPStatus.NOT_FOUND)


def test_a_wrong_method_says_which_are_right(program: Program) -> None:
    answer = program.post(EVENTS)
    refusal(answer, HTTPStatus.METHOD_NOT_ALLOWED)
    assert "GET" in answer.headers["Allow"]


def test_a_dead_letter_is_listed_shown_and_retried(program: Program, event_id: int) -> None:
    listed = body_of(program.get(f"{EVENTS}?dead=true&event_type=fraud_case_created"))
    assert [event["id"] for event in listed["items"]] == [event_id]
    shown = body_of(program.get(f"{EVENTS}/{event_id}"))
    assert (shown["can_retry"], shown["item"], shown["attempt_history"]) == (True, None, [])
    retried = body_of(program.post(f"{EVENTS}/{event_id}/retry"), HTTPStatus.ACCEPTED)
    assert (retried["status"], retried["changed"], retried["budget"]) == ("pending", True, 2)
    again = body_of(program.post(f"{EVENTS}/{event_id}/retry"), HTTPStatus.ACCEPTED)
    assert again["changed"] is False


def test_a_retried_event_is_dispatched_on_request_and_shown_with_its_item(
    program: Program, event_id: int
) -> None:
    program.post(f"{EVENTS}/{event_id}/retry")
    counts = body_of(program.post("/api/automation/dispatch"))
    assert counts == {"claimed": 1, "sent": 1, "failed": 0, "dead_lettered": 0}
    shown = body_of(program.get(f"{EVENTS}/{event_id}"))
    assert shown["item"]["link_ref"] == "/automation/cases/7"
    refusal(program.post(f"{EVENTS}/{event_id}/retry"), HTTPStatus.CONFLICT)


@pytest.mark.usefixtures("event_id")
def test_the_stats_count_what_waits(program: Program) -> None:
    stats = body_of(program.get("/api/automation/stats"))
    assert stats["outbox"] == {"due": 0, "retrying": 0, "dead": 1, "oldest_due_seconds": None}
    assert stats["open_items"] == {"info": 0, "warning": 0, "error": 0, "critical": 0}
    assert stats["beat_age_seconds"] is None


def test_a_message_is_created_once_per_idempotency_key_and_shown_masked(
    program: Program,
) -> None:
    key = {"Idempotency-Key": "letter-1"}
    created = body_of(program.post(JOBS, json=JOB, more=key), HTTPStatus.CREATED)
    assert created["recipient"] == "••• 0147"
    again = body_of(program.post(JOBS, json=JOB, more=key), HTTPStatus.CREATED)
    assert again["id"] == created["id"]
    other = program.post(JOBS, json=JOB | {"text": "Another."}, more=key)
    refusal(other, HTTPStatus.UNPROCESSABLE_ENTITY)
    answer = program.get(f"{JOBS}/{created['id']}")
    assert body_of(answer)["history"][0]["actor"] == "maria"
    assert "2025550147" not in answer.text
    assert "Your card is on its way." in answer.text
    assert len(body_of(program.get(f"{JOBS}?status=queued"))["items"]) == 1


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"recipient": "+12025550147"},
        {"recipient": "12025550147 please", "text": "Hello"},
        {"recipient": "600111222", "text": "Hello"},
        {"recipient": "+12025550147", "text": ""},
        {"recipient": "+12025550147", "text": "x" * 4097},
        {"recipient": "+12025550147", "text": "nul \x00"},
        JOB | {"template": {"name": "a", "language": "en"}},
        JOB | {"kind": "otp"},
        {"recipient": ["+12025550147"], "text": "Hello"},
    ],
    ids=str,
)
def test_a_message_that_cannot_be_sent_is_refused(program: Program, body: dict[str, Any]) -> None:
    problem = refusal(program.post(JOBS, json=body), HTTPStatus.UNPROCESSABLE_ENTITY)
    assert "2025550147" not in problem["detail"]


def test_a_message_that_has_not_failed_is_not_retried(program: Program) -> None:
    job_id = program.post(JOBS, json=JOB).json["id"]  # type: ignore[index]
    refusal(program.post(f"{JOBS}/{job_id}/retry"), HTTPStatus.CONFLICT)


def test_cases_are_listed(program: Program) -> None:
    assert body_of(program.get("/api/fraud/cases?status=open")) == {
        "items": [],
        "next_cursor": None,
    }


@pytest.mark.parametrize(
    "body", [{}, {"stuckMinutesThreshold": 30}, {"stuck_minutes_threshold": 1}]
)
def test_the_check_for_stuck_verifications_runs_on_request(
    program: Program, body: dict[str, int]
) -> None:
    answer = program.post("/api/automation/checkers/otp-stuck", json=body)
    assert body_of(answer) == {"stuck": 0, "recorded": 0}


@pytest.mark.parametrize("minutes", [0, -1, 10_081, 1.5, "30", True, 10**30])
def test_a_threshold_out_of_range_is_refused(program: Program, minutes: object) -> None:
    body = {"stuckMinutesThreshold": minutes}
    answer = program.post("/api/automation/checkers/otp-stuck", json=body)
    problem = refusal(answer, HTTPStatus.UNPROCESSABLE_ENTITY)
    assert problem["field"] == "stuckMinutesThreshold"


def test_an_unauthenticated_request_runs_no_query(container: Container, anonymous: Browser) -> None:
    container.close()
    refusal(anonymous.get(INBOX), HTTPStatus.UNAUTHORIZED)
