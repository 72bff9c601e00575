"""The list of the inbox page: its tabs, its rows and its layout."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import text

from app.core.database import Sessions
from tests.web.browser import address, assert_fits, chromium, page, sign_in
from tests.web.conftest import Browser, Program

__all__ = ["address", "chromium", "page"]

INSERT = """
INSERT INTO cc_admin_inbox_items
    (type, severity, title, body, dedupe_key, status, closed_at, assignee, promised_until,
     promised_by, snoozed_until)
VALUES
    ('t', 'critical', 'Old fraud', 'They wrote this.', '1', 'open', NULL, NULL, NULL, NULL, NULL),
    ('t', 'error', 'Failed message', 'No answer.', '2', 'open', NULL, 'maria', NULL, NULL, NULL),
    ('t', 'error', 'Late answer', 'No answer.', '3', 'acknowledged', NULL, 'jonas',
     now() - interval '1 h', 'jonas', NULL),
    ('t', 'info', 'Asleep', 'Nothing.', '4', 'open', NULL, NULL, NULL, NULL,
     now() + interval '1 h'),
    ('t', 'info', 'Done', 'Nothing.', '5', 'resolved', now(), 'maria', NULL, NULL, NULL)
"""
COUNTS = {"open": 3, "acknowledged": 0, "snoozed": 1, "resolved": 1, "dismissed": 0, "all": 5}


@pytest.fixture
def items(sessions: Sessions) -> None:
    with sessions.begin() as session:
        session.execute(text(INSERT))


def titles(page: str) -> list[str]:
    return re.findall(r'<h2><a href="/automation/items/\d+[^"]*">([^<]+)<', page)


def tabs(page: str) -> dict[str, int]:
    found = re.findall(r'href="/automation\?[^"]*status=(\w+)"[^>]*>\w+ <b>(\d+)</b>', page)
    return {tab: int(count) for tab, count in found}


@pytest.mark.usefixtures("items")
@pytest.mark.parametrize("query", ["", "assignee=maria", "unassigned=true", "severity=error"])
def test_each_tab_has_as_many_rows_as_its_number_says(admin: Browser, query: str) -> None:
    counts = tabs(admin.get(f"/automation?{query}").text)
    for tab, count in counts.items():
        page = admin.get(f"/automation?status={tab}&{query}").text
        assert len(titles(page)) == count
        lit = re.findall(r'status=(\w+)[^"]*" aria-current="true">\w+ <b>', page)
        assert lit == [tab]
    assert query or counts == COUNTS


@pytest.mark.usefixtures("items")
def test_the_open_tab_has_the_most_urgent_first_and_names_whose_promise_is_late(
    admin: Browser,
) -> None:
    page = admin.get("/automation").text
    assert titles(page) == ["Old fraud", "Late answer", "Failed message"]
    assert "jonas promised an answer by" in page


@pytest.mark.usefixtures("items")
def test_the_api_lists_a_tab_in_its_order(program: Program) -> None:
    def listed(query: str) -> list[Any]:
        answer = program.get(f"/api/automation/inbox?{query}").get_json()
        return [item["title"] for item in answer["items"]]

    assert listed("status=open") == ["Old fraud", "Late answer", "Failed message"]
    assert listed("status=snoozed") == ["Asleep"]
    assert listed("unassigned=true&order=urgent") == ["Old fraud", "Asleep"]


def test_a_tab_that_does_not_exist_is_refused_in_words(admin: Browser) -> None:
    answer = admin.get("/automation?status=lost")
    assert answer.status_code == 422
    assert "The parameter status should be" in answer.text.replace("&#39;", "'")


@pytest.mark.slow
@pytest.mark.needs("chromium")
@pytest.mark.usefixtures("users", "items")
def test_rows_are_low_and_high_up_and_fit_every_width(page: Page) -> None:
    sign_in(page)
    first = page.locator("[data-item]").first
    box = first.bounding_box()
    assert box is not None
    width = page.evaluate("innerWidth")
    if width == 1280:
        assert 44 <= box["height"] <= 52
        acts = first.locator(".item-acts")
        expect(acts).to_have_css("opacity", "0")
        first.get_by_role("link").focus()
        expect(acts).to_have_css("opacity", "1")
        for each in (400, 577, 620, 666, 800, 990, 1000, 1920):
            page.set_viewport_size({"width": each, "height": 800})
            assert_fits(page)
    else:
        assert box["y"] < 800 / 3
