"""The page and the API of the trends."""

from http import HTTPStatus

import pytest
from playwright.sync_api import Page, expect

from app.bootstrap import Container
from app.core.database import Sessions
from app.reports.trend_hours import count_owed_hours, floor_hour
from tests.reports.days import EVENT
from tests.web.browser import address, assert_fits, chromium, page, sign_in
from tests.web.conftest import Browser, Program
from tests.whatsapp import Read, read

__all__ = ["address", "chromium", "page", "read"]

PATH = "/automation/trends"
ITEMS = """
INSERT INTO cc_admin_inbox_items (type, severity, title, body, dedupe_key, created_at)
SELECT 'fraud_case_created', 'critical', 't', 'b', 'item ' || n, :at FROM generate_series(1, 3) AS n
"""
ACTS = """
INSERT INTO cc_admin_inbox_activity (item_id, actor, action, from_status, to_status, reason, at)
SELECT id, 'ana', 'dismiss', 'open', 'dismissed', 'false_alarm',
       CAST(:at AS timestamptz) + interval '10 minutes'
FROM cc_admin_inbox_items WHERE type = 'fraud_case_created'
"""
FAILED = '{"reason": "Not on <b>WhatsApp</b>.", "provider_code": 131026}'


@pytest.fixture
def past(container: Container, sessions: Sessions, read: Read) -> None:
    """Three items that came at 10:00 on 22 November and were dismissed, and a failed message."""
    at = "2026-11-22T10:00Z"
    event = {"type": "outbound_failed_max_attempts", "status": "sent", "took": 1, "dead": False}
    read(EVENT, at=at, payload=FAILED, **event)
    read(ITEMS, at=at)
    read(ACTS, at=at)
    with sessions.begin() as session:
        count_owed_hours(session, floor_hour(container.clock()))


@pytest.mark.usefixtures("past")
@pytest.mark.parametrize("window", ["24h", "14d", "30d"])
def test_the_page_shows_charts_with_their_figures_as_tables(admin: Browser, window: str) -> None:
    shown = admin.get(f"{PATH}?window={window}").text
    slot = "10:00" if window == "24h" else "22 Nov"
    assert "3 opened or reopened, 3 resolved or dismissed." in shown
    assert f"{slot}: opened 3, closed 3</title>" in shown
    assert f'<th scope="row">{slot}</th><td>3</td><td>3</td>' in shown
    assert "3 items acknowledged." in shown
    assert "No item was resolved." in shown
    assert "false alarm 3" in shown
    assert "Not on &lt;b&gt;WhatsApp&lt;/b&gt;." in shown
    assert "not counted yet" not in shown
    assert "style=" not in shown


@pytest.mark.usefixtures("past")
def test_the_api_answers_with_the_same_figures(program: Program) -> None:
    answer = program.get("/api/automation/trends?window=14d").json
    assert answer is not None
    assert (answer["window"], answer["timezone"], len(answer["slots"])) == ("14d", "UTC", 14)
    today = answer["slots"][-1]
    assert (today["starts_at"], today["opened"], today["closed"]) == (
        *("2026-11-22T00:00:00+00:00", 3, 3),
    )
    assert today["events"] == {"sent": 1, "waiting": 0, "dead": 0}
    assert answer["acknowledged"]["critical"]["count"] == 3
    assert answer["acknowledged"]["critical"]["p95_seconds"] == pytest.approx(600, rel=0.05)
    assert answer["noise"] == [
        {
            "type": "fraud_case_created",
            "closed": 3,
            "dismissed": 3,
            "reasons": {"false_alarm": 3},
        }
    ]
    assert answer["failed_messages"] == [
        {"reason": "Not on <b>WhatsApp</b>.", "code": 131026, "messages": 1}
    ]


def test_a_new_installation_shows_empty_trends(admin: Browser) -> None:
    shown = admin.get(PATH)
    assert shown.status_code == HTTPStatus.OK
    assert "No item was acknowledged." in shown.text
    assert "not counted yet" not in shown.text


def test_the_page_says_how_many_hours_are_not_counted_yet(admin: Browser, read: Read) -> None:
    event = {"type": "t", "payload": "{}", "status": "sent", "took": 1, "dead": False}
    read(EVENT, at="2026-11-22T08:00Z", **event)
    assert "2 hours are not counted yet." in admin.get(PATH).text


@pytest.mark.parametrize("query", ["window=7d", "window=24h&window=14d", "days=3"])
def test_a_wrong_query_is_refused_with_a_sentence(program: Program, query: str) -> None:
    answer = program.get(f"/api/automation/trends?{query}")
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert answer.json is not None
    assert answer.json["field"] in {"window", "days"}


@pytest.mark.slow
@pytest.mark.needs("chromium")
@pytest.mark.usefixtures("users", "past")
def test_a_chart_is_drawn_named_and_opened_as_a_table(page: Page) -> None:
    sign_in(page)
    page.goto(f"{PATH}?window=14d")
    assert_fits(page)
    chart = page.get_by_role("img", name="Items opened and closed")
    expect(chart).to_have_accessible_description("3 opened or reopened, 3 resolved or dismissed.")
    bars = chart.locator("path.bars")
    box = bars.bounding_box()
    assert box is not None
    assert box["height"] > 50
    assert bars.evaluate("bar => getComputedStyle(bar).fill") != "rgb(0, 0, 0)"
    page.get_by_text("Figures of “Items opened and closed” as a table").click()
    expect(page.get_by_role("row", name="22 Nov 3 3")).to_be_visible()
    assert_fits(page)
