"""The search of the inbox page: words over all statuses, and numbers that stand in no address."""

import pytest
from sqlalchemy import text

from app.bootstrap import Container
from app.core.database import Sessions
from app.inbox import find_items
from app.inbox.actions import Action
from app.inbox.apply_action import apply_action
from tests.inbox.conftest import AddItem, add_item
from tests.web.api_world import build_world
from tests.web.conftest import Browser, Program

__all__ = ["add_item"]

PAGE = "/automation"


def search(admin: Browser, q: str, query: str = "") -> str:
    """Search from the page with the filters `query`; return the address of the result."""
    answer = admin.submit(f"{PAGE}/search", page=f"{PAGE}?{query}", q=q, query=query)
    assert answer.status_code == 303
    return answer.location


def test_words_are_searched_in_all_statuses_and_other_filters_stay(admin: Browser) -> None:
    query = "status=open&severity=error&assignee=maria&cursor=abc&order=newest"
    found = search(admin, " lost card ", query)
    assert found == f"{PAGE}?severity=error&assignee=maria&status=all&q=lost+card"


def test_the_page_says_where_else_there_are_matches(
    admin: Browser, sessions: Sessions, add_item: AddItem
) -> None:
    closed, _other = add_item(title="Lost card"), add_item(title="Stolen phone")
    with sessions.begin() as session:
        apply_action(session, closed, Action.RESOLVE, actor="maria")
    page = admin.get(f"{PAGE}?status=open&q=card").text
    assert "Elsewhere:" in page
    assert "1 in Resolved: show" in page
    everywhere = admin.get(search(admin, "card")).text
    assert "Lost card" in everywhere
    assert "Stolen phone" not in everywhere
    assert "Resolved</span>" in everywhere


def test_very_many_matches_are_said_to_be_the_newest(
    admin: Browser, add_item: AddItem, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_item(title="Lost card")
    assert "or more match" not in admin.get(f"{PAGE}?q=card").text
    monkeypatch.setattr(find_items, "FOUND_CAP", 1)
    assert "items or more match" in admin.get(f"{PAGE}?q=card").text
    exported = admin.get("/api/automation/inbox/export.csv?q=card")
    assert exported.status_code == 422
    assert "add a word" in exported.text


@pytest.mark.parametrize(
    "typed", ["+1 202 555 0147", "0012025550147", "1 (202) 555-0147", "12025550147"]
)
def test_a_number_in_any_form_leads_to_the_items_of_its_customer(
    admin: Browser, container: Container, add_item: AddItem, typed: str
) -> None:
    _build_world(container)
    other = add_item(title="Of another customer")
    found = search(admin, typed)
    assert found == f"{PAGE}?status=all&customer_id=1"
    page = admin.get(found).text
    assert 'href="/automation/items/1?' in page
    assert f"items/{other}" not in page


def test_an_unknown_number_is_said_to_be_unknown_and_stands_nowhere(admin: Browser) -> None:
    found = search(admin, "+34 600 111 222")
    assert found == f"{PAGE}?status=all"
    page = admin.get(found).text
    assert "600" not in page
    assert "customer" in page


def test_what_is_no_number_is_refused_in_words(admin: Browser) -> None:
    page = admin.get(search(admin, "00000000000")).text
    assert "is not a telephone number" in page


def test_the_api_filters_by_customer_and_combines_it_with_words(
    program: Program, container: Container
) -> None:
    _build_world(container)
    inbox = "/api/automation/inbox"

    def found(query: str) -> int:
        return len(program.get(f"{inbox}?{query}").get_json()["items"])

    everything = found("customer_id=1")
    assert everything == 1
    assert found("customer_id=1&q=fraud") == everything
    assert found("customer_id=1&q=nothing") == 0
    assert found("customer_id=999") == 0


def _build_world(container: Container) -> None:
    """Write the rows, with case 1 being one of customer 1."""
    build_world(container)
    with container.sessions.begin() as session:
        session.execute(text("UPDATE cc_fraud_cases SET customer_id = 1"))
