"""The pages and the API of the daily summaries."""

from datetime import date, timedelta
from http import HTTPStatus

import pytest

from app.bootstrap import Container
from app.dispatch.dispatch import dispatch_due
from app.reports.daily_summary import summarise_day
from tests.reports.days import CASE, DAY, EVENT
from tests.web.conftest import Browser, Program
from tests.whatsapp import Read, read

__all__ = ["read"]

PATH = "/automation/summaries"
FAILED = '{"reason": "The number is <b>not</b> on WhatsApp.", "provider_code": 131026}'


@pytest.fixture
def days(container: Container, read: Read) -> list[date]:
    """Three summarised days; on the last one a case was opened and a message failed."""
    read(CASE, at=f"{DAY}T12:00Z")
    event = {"type": "outbound_failed_max_attempts", "status": "sent", "took": 1, "dead": False}
    read(EVENT, at=f"{DAY}T12:00Z", payload=FAILED, **event)
    days = [DAY - timedelta(days=n) for n in (2, 1, 0)]
    for day in days:
        summarise_day(container.sessions, day=day, timezone="UTC", now=container.clock())
    return days


def test_a_page_shows_the_figures_of_a_day_with_their_trend_and_causes(
    admin: Browser, days: list[date]
) -> None:
    shown = admin.get(f"{PATH}/{days[-1]}").text
    assert "Saturday, 21 November 2026" in shown
    assert "1 fraud case opened" in shown
    assert "The number is &lt;b&gt;not&lt;/b&gt; on WhatsApp." in shown
    assert "code 131026" in shown
    assert '<title id="fraud-cases-opened-title">Fraud cases opened</title>' in shown
    assert "21 Nov: fraud cases opened 1" in shown


def test_the_list_leads_to_each_day_the_newest_first(admin: Browser, days: list[date]) -> None:
    shown = admin.get(PATH).text
    places = [shown.index(f'href="{PATH}/{day}"') for day in reversed(days)]
    assert places == sorted(places)


def test_the_item_of_a_summary_leads_to_its_page(
    admin: Browser, container: Container, days: list[date]
) -> None:
    dispatch_due(container.dispatcher)
    items = admin.get("/api/automation/inbox?type=daily_operational_summary_ready").json
    assert items is not None
    links = {item["link_ref"] for item in items["items"]}
    assert links == {f"{PATH}/{day}" for day in days}
    item_id = items["items"][0]["id"]
    assert "Open the summary" in admin.get(f"/automation/items/{item_id}").text


def test_the_api_pages_through_the_summaries(program: Program, days: list[date]) -> None:
    first = program.get("/api/automation/summaries?limit=2").json
    assert first is not None
    rest = program.get(f"/api/automation/summaries?limit=2&cursor={first['next_cursor']}").json
    assert rest is not None
    found = [each["business_date"] for each in (*first["items"], *rest["items"])]
    assert found == [day.isoformat() for day in reversed(days)]
    assert rest["next_cursor"] is None


def test_the_api_answers_with_the_trend_of_a_day(program: Program, days: list[date]) -> None:
    answer = program.get(f"/api/automation/summaries/{days[-1]}").json
    assert answer is not None
    assert answer["summary"]["cases"] == {"opened": 1}
    assert answer["trend"][0] == {
        "name": "fraud_cases_opened",
        "unit": "",
        "value": 1,
        "before": 0,
        "usual": 0,
        "days": [{"business_date": day.isoformat(), "value": int(day == DAY)} for day in days],
    }


@pytest.mark.parametrize("day", ["2026-11-20", "2026-02-30", "yesterday", "0000-01-01"])
def test_a_day_without_a_summary_is_not_found(admin: Browser, day: str) -> None:
    for path in (f"{PATH}/{day}", f"/api/automation/summaries/{day}"):
        assert admin.get(path).status_code == HTTPStatus.NOT_FOUND


def test_a_page_without_summaries_says_so(admin: Browser) -> None:
    assert "There are no daily summaries yet." in admin.get(PATH).text


@pytest.mark.parametrize("cursor", ["nonsense", "YmVmb3JlOjE"])
def test_a_strange_cursor_loses_nothing(program: Program, cursor: str) -> None:
    answer = program.get(f"/api/automation/summaries?cursor={cursor}")
    assert answer.status_code in {HTTPStatus.OK, HTTPStatus.UNPROCESSABLE_ENTITY}
