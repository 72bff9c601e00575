"""A repeated request with the same idempotency key gets the answer of the first one."""

import logging
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from app.bootstrap import Container
from app.core.database import Sessions
from app.idempotency.stored_answers import (
    KEPT,
    call_of,
    discard_expired_answers,
    find_answer,
)
from app.identity.roles import Role
from app.identity.tokens import issue_token
from app.identity.users import create_user
from tests.conftest import TurnableClock
from tests.web.conftest import IN_A_YEAR, PASSWORD, Program

INBOX = "/api/automation/inbox"
JOBS = "/api/outbound/jobs"
JOB = {"recipient": "+12025550147", "text": "Your card is on its way."}
KEY = {"Idempotency-Key": "letter-1"}


def count(sessions: Sessions, table: str) -> int:
    with sessions.begin() as session:
        return int(session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())


def test_a_repeat_gets_the_first_answer_and_changes_nothing(
    program: Program, sessions: Sessions
) -> None:
    first = program.post(JOBS, json=JOB, more=KEY)
    again = program.post(JOBS, json=JOB, more=KEY)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.data == first.data
    assert again.content_type == first.content_type
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert count(sessions, "cc_outbound_jobs") == 1


@pytest.mark.parametrize(
    "path, json",
    [
        ("{}/{}/resolve", {"note": "Done."}),
        ("{}/{}/notes", {"note": "Waits for the bank."}),
        ("{}/{}/assign", {"assignee": "maria"}),
    ],
)
def test_every_change_takes_a_key(
    program: Program, item_id: int, sessions: Sessions, path: str, json: dict[str, Any]
) -> None:
    path = path.format(INBOX, item_id)
    first = program.post(path, json=json, more=KEY)
    assert first.status_code == HTTPStatus.OK
    assert program.post(path, json=json, more=KEY).data == first.data
    assert count(sessions, "cc_admin_inbox_activity") == 1


def test_work_in_several_transactions_takes_a_key_too(program: Program) -> None:
    first = program.post("/api/automation/checkers/daily-summary", more=KEY)
    again = program.post("/api/automation/checkers/daily-summary", more=KEY)
    assert first.get_json()["new"] is True
    assert again.data == first.data


def test_the_order_and_the_spelling_of_names_do_not_matter(program: Program) -> None:
    path = "/api/automation/checkers/otp-stuck"
    program.post(path, json={"stuck_minutes_threshold": 45}, more=KEY)
    again = program.post(path, json={"stuckMinutesThreshold": 45}, more=KEY)
    assert again.headers["Idempotent-Replayed"] == "true"


def test_quotes_around_a_key_do_not_belong_to_it(program: Program) -> None:
    program.post(JOBS, json=JOB, more=KEY)
    again = program.post(JOBS, json=JOB, more={"Idempotency-Key": '"letter-1"'})
    assert again.headers["Idempotent-Replayed"] == "true"


def test_a_key_of_another_request_is_refused(program: Program, item_id: int) -> None:
    program.post(f"{INBOX}/{item_id}/notes", json={"note": "One."}, more=KEY)
    for path, json in (
        (f"{INBOX}/{item_id}/notes", {"note": "Two."}),
        (f"{INBOX}/{item_id}/resolve", {"note": "One."}),
        (f"{INBOX}/{item_id + 1}/notes", {"note": "One."}),
    ):
        answer = program.post(path, json=json, more=KEY)
        assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
        assert answer.get_json()["field"] == "Idempotency-Key"
        assert "belongs to another request" in answer.get_json()["detail"]


def test_two_people_may_use_the_same_key(
    web: Flask, program: Program, sessions: Sessions, item_id: int
) -> None:
    with sessions.begin() as session:
        create_user(session, username="jon", password=PASSWORD, role=Role.ADMIN)
        token = issue_token(session, username="jon", name="script", expires_at=IN_A_YEAR)
    path, note = f"{INBOX}/{item_id}/notes", {"note": "Called."}
    program.post(path, json=note, more=KEY)
    other = Program(web.test_client(), token.text).post(path, json=note, more=KEY)
    assert "Idempotent-Replayed" not in other.headers
    assert count(sessions, "cc_admin_inbox_activity") == 2


def test_a_refused_request_is_not_stored_and_can_be_repeated(
    program: Program, item_id: int, sessions: Sessions
) -> None:
    path = f"{INBOX}/{item_id}/reopen"
    assert program.post(path, more=KEY).status_code == HTTPStatus.CONFLICT
    assert count(sessions, "cc_idempotency_keys") == 0
    program.post(f"{INBOX}/{item_id}/resolve")
    assert program.post(path, more=KEY).status_code == HTTPStatus.OK


@pytest.mark.parametrize("key", ["", '""', "x" * 201, "a\x7fb", "clé"])
def test_a_key_that_is_no_plain_text_is_refused(program: Program, key: str) -> None:
    answer = program.post(JOBS, json=JOB, more={"Idempotency-Key": key})
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert answer.get_json()["field"] == "Idempotency-Key"


def test_while_a_request_is_in_progress_its_key_is_taken(
    program: Program, container: Container
) -> None:
    call = call_of(container.vault, actor="maria", key="letter-1", request="")
    with container.sessions.begin() as first:
        assert find_answer(first, call, now=container.clock()) is None
        answer = program.post(JOBS, json=JOB, more=KEY)
        assert answer.status_code == HTTPStatus.CONFLICT
        assert "in progress" in answer.get_json()["detail"]
    assert program.post(JOBS, json=JOB, more=KEY).status_code == HTTPStatus.CREATED


def test_of_many_requests_at_once_one_changes_something(
    web: Flask, program: Program, sessions: Sessions
) -> None:
    def send(_number: int) -> int:
        mine = Program(web.test_client(), program.token)
        return mine.post(JOBS, json=JOB, more=KEY).status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = set(pool.map(send, range(8)))
    assert HTTPStatus.CREATED in statuses
    assert statuses <= {HTTPStatus.CREATED, HTTPStatus.CONFLICT}
    assert count(sessions, "cc_outbound_jobs") == 1


def test_what_is_stored_is_what_was_answered_and_no_key(
    program: Program, container: Container, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        answer = program.post(JOBS, json=JOB, more=KEY)
    with container.sessions.begin() as session:
        row = session.execute(text("SELECT * FROM cc_idempotency_keys")).mappings().one()
    assert container.vault.decrypt(row["body"]) == answer.text
    stored = " ".join(str(value) for value in row.values())
    for secret in ("letter-1", "2025550147", JOB["text"]):
        assert secret not in stored
        assert secret not in caplog.text


def test_after_24_hours_an_answer_is_gone(
    program: Program, container: Container, clock: TurnableClock
) -> None:
    first = program.post(JOBS, json=JOB, more=KEY).get_json()["id"]
    clock.advance(seconds=KEPT.total_seconds() - 1)
    assert program.post(JOBS, json=JOB, more=KEY).get_json()["id"] == first
    with container.sessions.begin() as session:
        assert discard_expired_answers(session, now=clock()) == 0
    clock.advance(seconds=1)
    second = program.post(JOBS, json=JOB, more=KEY).get_json()["id"]
    assert second != first
    clock.advance(seconds=KEPT.total_seconds())
    with container.sessions.begin() as session:
        assert discard_expired_answers(session, now=clock()) == 1
