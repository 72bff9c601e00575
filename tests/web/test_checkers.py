"""The daily summary on request: for admins, of a date that is over, once."""

from http import HTTPStatus
from typing import Any

import pytest

from tests.web.conftest import Browser, Program
from tests.web.test_api import body_of, refusal

DAILY_SUMMARY = "/api/automation/checkers/daily-summary"


def test_a_past_date_is_summarised_once_and_then_returned(program: Program) -> None:
    first = body_of(program.post(DAILY_SUMMARY, json={"date": "2026-11-20"}))
    again = body_of(program.post(DAILY_SUMMARY, json={"date": "2026-11-20"}))

    assert first["business_date"] == "2026-11-20"
    assert (first["new"], again["new"]) == (True, False)
    assert first["summary"] == again["summary"]
    assert first["summary"]["cases"] == {"opened": 0}


@pytest.mark.parametrize("options", [{}, {"json": {}}, {"json": {"date": None}}])
def test_without_a_date_yesterday_is_summarised(program: Program, options: Any) -> None:
    assert body_of(program.post(DAILY_SUMMARY, **options))["business_date"] == "2026-11-21"


@pytest.mark.parametrize(
    "day",
    [
        "2026-11-22",
        "2027-01-01",
        "1999-12-31",
        "0001-01-01",
        "9999-12-31",
        "2026-02-30",
        "22/11/2026",
        "yesterday",
        "",
        20_261_120,
        True,
        ["2026-11-20"],
    ],
)
def test_an_invalid_or_incomplete_date_is_refused(program: Program, day: object) -> None:
    answer = program.post(DAILY_SUMMARY, json={"date": day})
    problem = refusal(answer, HTTPStatus.UNPROCESSABLE_ENTITY)
    assert problem["field"] == "date"
    assert problem["detail"].endswith(".")


def test_an_unknown_field_is_refused(program: Program) -> None:
    answer = program.post(DAILY_SUMMARY, json={"day": "2026-11-20"})
    assert refusal(answer, HTTPStatus.UNPROCESSABLE_ENTITY)["field"] == "day"


@pytest.mark.parametrize("checker", ["otp-stuck", "daily-summary", "trend-hours"])
def test_an_agent_may_not_run_a_checker(agent: Browser, checker: str) -> None:
    answer = agent.client.post(f"/api/automation/checkers/{checker}", json={})
    refusal(answer, HTTPStatus.FORBIDDEN)
