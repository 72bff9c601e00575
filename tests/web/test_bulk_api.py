"""Bulk jobs by API: plan, start, look, cancel, undo."""

from http import HTTPStatus
from typing import Any

import pytest

from app.bulk.run_jobs import run_bulk_jobs
from app.core.database import Sessions
from tests.inbox.conftest import AddItem, add_item
from tests.web.conftest import Program

__all__ = ["add_item"]

BULK = "/api/automation/inbox/bulk"
JOBS = "/api/automation/bulk"


def test_in_four_calls_a_program_plans_starts_looks_and_undoes(
    program: Program, sessions: Sessions, add_item: AddItem
) -> None:
    ids = [add_item(severity="error") for _ in range(3)]
    add_item()

    planned = program.post(BULK, json={"action": "resolve", "filter": {"severity": "error"}})
    assert planned.status_code == HTTPStatus.CREATED
    job: dict[str, Any] = planned.get_json()
    assert (job["status"], job["total"], job["is_capped"]) == ("planned", 3, False)
    assert (job["cap"], job["author"], job["waiting"]) == (10_000, "maria", 3)
    address = f"{JOBS}/{job['id']}"

    for _ in range(2):
        started = program.post(f"{address}/start")
        assert started.status_code == HTTPStatus.ACCEPTED
    program.post(f"/api/automation/inbox/{ids[0]}/acknowledge")
    run_bulk_jobs(sessions)

    seen = program.get(address).get_json()
    assert (seen["status"], seen["done"], seen["skipped"]) == ("done", 2, 1)
    [left] = program.get(f"{address}/skipped").get_json()["items"]
    assert left["target_id"] == ids[0]
    assert "was acknowledged by maria" in left["reason"]
    assert program.post(f"{address}/cancel").status_code == HTTPStatus.CONFLICT

    undone = program.post(f"{address}/undo")
    assert undone.status_code == HTTPStatus.ACCEPTED
    run_bulk_jobs(sessions)
    assert program.get(f"{JOBS}/{undone.get_json()['id']}").get_json()["done"] == 2
    assert program.get(address).get_json()["undone_by"] == undone.get_json()["id"]
    jobs = program.get("/api/automation/bulk").get_json()["items"]
    assert [each["action"] for each in jobs] == ["undo", "resolve"]


def test_a_planned_job_is_cancelled_and_can_not_be_started_any_more(
    program: Program, add_item: AddItem
) -> None:
    planned = program.post(BULK, json={"action": "dismiss", "ids": [add_item()]})
    address = f"{JOBS}/{planned.get_json()['id']}"

    for _ in range(2):
        cancelled = program.post(f"{address}/cancel").get_json()
        assert (cancelled["status"], cancelled["cancelled_by"]) == ("cancelled", "maria")

    answer = program.post(f"{address}/start")
    assert answer.status_code == HTTPStatus.CONFLICT
    assert "was cancelled by maria" in answer.get_json()["detail"]


@pytest.mark.parametrize(
    "body, said",
    [
        ({"action": "resolve"}, "must hold either ids or a filter"),
        ({"action": "resolve", "ids": [1], "filter": {}}, "must hold either ids or a filter"),
        ({"action": "resolve", "ids": []}, "at least one"),
        ({"action": "resolve", "ids": ["1"]}, "ids.0"),
        ({"action": "resolve", "ids": [0]}, "ids.0"),
        ({"action": "resolve", "ids": list(range(1, 10_002))}, "10000 items"),
        ({"action": "explode", "ids": [1]}, "action"),
        ({"action": "resolve", "filter": {"colour": "red"}}, "filter.colour"),
        ({"action": "resolve", "ids": [1], "note": "x" * 2_001}, "note"),
        ({"action": "assign", "ids": [1], "assignee": "nobody"}, "no active admin nobody"),
        ({"action": "snooze", "ids": [1]}, "until is missing"),
        ({"action": "acknowledge", "ids": [1], "until": "soon"}, "until must be one of"),
        ({"action": "dismiss", "ids": [1], "reason": "bored"}, "reason must be one of"),
        ({"action": "dismiss", "ids": [1], "reason": "other"}, "needs a note"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_plan_that_can_not_be_used_is_refused_with_one_sentence(
    program: Program, body: dict[str, Any], said: str
) -> None:
    answer = program.post(BULK, json=body)
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert said in answer.get_json()["detail"]
    assert program.get("/api/automation/bulk").get_json()["items"] == []


def test_a_job_that_does_not_exist_is_not_found(program: Program) -> None:
    for path in ("", "/skipped"):
        assert program.get(f"/api/automation/bulk/7{path}").status_code == HTTPStatus.NOT_FOUND
    for path in ("/start", "/cancel", "/undo"):
        assert program.post(f"/api/automation/bulk/7{path}").status_code == HTTPStatus.NOT_FOUND
