"""Saved views, and what is new since the last visit: the page and the API."""

from datetime import datetime, timedelta
from http import HTTPStatus

import pytest
from sqlalchemy import text

from app.core.database import Sessions
from app.identity.roles import Role
from app.identity.tokens import issue_token
from app.identity.users import create_user
from app.inbox.saved_views import CAP, save_view
from tests.web.conftest import IN_A_YEAR, Browser, Program

VIEWS = "/api/automation/views"
INBOX = "/automation"


@pytest.fixture
def jonas(program: Program, sessions: Sessions) -> Program:
    with sessions.begin() as session:
        create_user(session, username="jonas", password="another passphrase", role=Role.ADMIN)
        token = issue_token(session, username="jonas", name="script", expires_at=IN_A_YEAR)
    return Program(program.client, token.text)


def save(caller: Program, name: str = "Fraud", **more: object) -> int:
    body = {"name": name, "filters": {"severity": "critical"}, **more}
    answer = caller.post(VIEWS, json=body)
    assert answer.status_code == HTTPStatus.CREATED, answer.text
    return int(answer.get_json()["id"])


def names(caller: Program) -> list[str]:
    return [view["name"] for view in caller.get(VIEWS).get_json()["items"]]


def test_a_view_is_private_unless_it_is_shared(program: Program, jonas: Program) -> None:
    save(program, "b")
    save(jonas, "Private")
    shared = save(jonas, "a", isShared=True)
    assert names(program) == ["b", "a"]
    assert program.post(f"{VIEWS}/{shared}/delete").status_code == HTTPStatus.OK
    assert names(program) == ["b"]


def test_a_private_view_of_another_is_not_there(program: Program, jonas: Program) -> None:
    private = save(jonas)
    answer = program.post(f"{VIEWS}/{private}/delete")
    assert answer.status_code == HTTPStatus.NOT_FOUND
    assert names(jonas) == ["Fraud"]


def test_a_name_is_used_once(program: Program, jonas: Program) -> None:
    save(program)
    save(jonas)
    answer = program.post(VIEWS, json={"name": "Fraud", "filters": {}})
    assert answer.status_code == HTTPStatus.CONFLICT
    assert "a view with the name Fraud" in answer.get_json()["detail"]


@pytest.mark.parametrize(
    "body, field",
    [
        ({"name": " ", "filters": {}}, "name"),
        ({"name": "x" * 61, "filters": {}}, "name"),
        ({"name": "x", "filters": {"severity": "pink"}}, "filters.severity"),
    ],
)
def test_an_impossible_view_is_refused(
    program: Program, body: dict[str, object], field: str
) -> None:
    answer = program.post(VIEWS, json=body)
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert answer.get_json()["field"] == field


def test_a_person_has_at_most_so_many_views(program: Program, sessions: Sessions) -> None:
    with sessions.begin() as session:
        for number in range(CAP):
            save_view(session, "maria", name=str(number), filters={}, is_shared=False)
    answer = program.post(VIEWS, json={"name": "more", "filters": {}})
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "delete one first" in answer.get_json()["detail"]


def test_a_view_is_saved_shown_and_deleted_on_the_page(admin: Browser, item_id: int) -> None:
    narrowed = f"{INBOX}?severity=critical&order=newest&cursor="
    answer = admin.submit(
        f"{INBOX}/views", page=narrowed, name="Fraud", query="severity=critical&order=newest"
    )
    assert answer.status_code == HTTPStatus.SEE_OTHER
    page = admin.get(answer.location).text
    assert "The view Fraud is saved." in page
    assert f'data-item="{item_id}"' in page
    assert "Delete this view" in page
    assert "Save view" not in page
    assert "Delete this view" not in admin.get(INBOX).text
    view_id = 1
    deleted = admin.submit(f"{INBOX}/views/{view_id}/delete", page=answer.location)
    assert "severity=critical" in deleted.location
    assert "Saved views" not in admin.get(INBOX).text


def test_a_name_that_is_taken_is_said_on_the_page(admin: Browser) -> None:
    view = {"name": "Mine", "query": "assignee=maria"}
    admin.submit(f"{INBOX}/views", page=INBOX, **view)
    answer = admin.submit(f"{INBOX}/views", page=INBOX, **view)
    assert "You have a view with the name Mine" in admin.get(answer.location).text


def test_a_view_holds_no_telephone_number(program: Program) -> None:
    body = {"name": "One", "filters": {"q": "card of +1 202 555 0147 lost"}}
    answer = program.post(VIEWS, json=body)
    assert answer.get_json()["filters"] == {"q": "card of ••• 0147 lost", "status": "open"}


def test_the_page_says_what_is_new_since_the_last_visit(
    admin: Browser, sessions: Sessions, item_id: int
) -> None:
    assert "new since" not in admin.get(INBOX).text
    with sessions.begin() as session:
        session.execute(text("UPDATE cc_inbox_visits SET last_at = last_at - interval '1 hour'"))
    page = admin.get(INBOX).text
    assert ">1 new since" in page
    assert "New since your last visit" in page
    with sessions.begin() as session:
        since = session.scalars(text("SELECT previous_at FROM cc_inbox_visits")).one()
    assert isinstance(since, datetime)
    listed = admin.get(INBOX, query_string={"since": since.isoformat(), "status": "all"}).text
    assert f'data-item="{item_id}"' in listed
    later = (since + timedelta(hours=3)).isoformat()
    assert "data-item=" not in admin.get(INBOX, query_string={"since": later}).text


@pytest.mark.parametrize("since", ["yesterday", "2026-11-22T12:00:00", "0001-01-01T00:00:00+00:00"])
def test_a_time_that_is_none_is_refused(program: Program, since: str) -> None:
    answer = program.get("/api/automation/inbox", query_string={"since": since})
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert answer.get_json()["field"] == "since"
