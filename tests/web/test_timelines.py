"""The timeline on the pages and in the API."""

from http import HTTPStatus

import pytest

from app.bootstrap import Container
from tests.web.api_world import build_world
from tests.web.conftest import Browser, Program

PAGES = [
    "/automation/items/1",
    "/automation/cases/1",
    "/automation/events/1",
    "/automation/outbound/1",
]


@pytest.fixture(autouse=True)
def _world(container: Container, users: None) -> None:  # noqa: ARG001 - a fixture's order
    build_world(container)


def test_every_page_of_a_story_shows_its_timeline_with_links(admin: Browser) -> None:
    for path in PAGES:
        assert 'id="timeline"' in admin.get(path).text, path
    shown = admin.get("/automation/items/1").text
    assert '<a href="/automation/cases/1">Case 1 was opened</a>' in shown
    assert '<a href="/automation/events/1">Event 1 reached the inbox' in shown
    assert '<code><a href="/automation/cases/1">case:1</a></code>' in admin.get(PAGES[2]).text


def test_older_entries_are_a_link_away(admin: Browser, program: Program) -> None:
    page = program.get("/api/automation/inbox/1/timeline?limit=2").get_json()
    assert [entry["kind"] for entry in page["items"]] == ["case_opened", "verification_ended"]
    assert page["items"][0]["seconds_since_previous"] >= 0
    older = admin.get(f"/automation/items/1?older={page['next_cursor']}").text
    assert "Case 1 was opened" not in older
    assert "Item 1 was opened" in older
    assert "Show the newest entries" in older


def test_a_foreign_cursor_is_refused_in_one_sentence(admin: Browser, program: Program) -> None:
    answer = program.get("/api/fraud/cases/1/timeline?cursor=x")
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "does not come from this timeline" in answer.get_json()["detail"]
    assert admin.get("/automation/items/1?older=x").status_code == answer.status_code


@pytest.mark.parametrize(
    "path",
    [
        "/api/fraud/cases/99/timeline",
        "/api/automation/inbox/99/timeline",
        "/api/outbound/jobs/99/timeline",
        "/api/automation/events/99/timeline",
    ],
)
def test_what_does_not_exist_has_no_timeline(program: Program, path: str) -> None:
    assert program.get(path).status_code == HTTPStatus.NOT_FOUND
