"""The lists of cases and messages, and the search for a customer on them."""

import pytest

from app.bootstrap import Container
from tests.web.cases import write_case
from tests.web.conftest import Browser, Program


@pytest.fixture
def messages(program: Program) -> None:
    for recipient in ("+34600111222", "+34600333444"):
        job = {"recipient": recipient, "text": "Hello"}
        assert program.post("/api/outbound/jobs", json=job).status_code == 201


def test_a_case_is_listed_with_links_to_itself_and_its_customer(
    admin: Browser, container: Container
) -> None:
    write_case(container.sessions)
    page = admin.get("/automation/cases").text
    assert 'href="/automation/cases/1"' in page
    assert 'href="/automation/cases?customer_id=1"' in page
    assert "No cases match." in admin.get("/automation/cases?status=closed").text


def test_messages_are_listed_by_status_and_customer(admin: Browser, messages: None) -> None:  # noqa: ARG001 - rows
    assert "••• 1222" in admin.get("/automation/outbound").text.replace("\xa0", " ")
    assert "No messages match." in admin.get("/automation/outbound?status=failed").text


@pytest.mark.usefixtures("messages")
def test_a_customer_is_found_by_number_which_no_address_holds(admin: Browser) -> None:
    sent = admin.submit(
        "/automation/customers/search",
        page="/automation/outbound",
        identity="+34 600 33 34 44",
        list="outbound",
    )
    assert sent.status_code == 303
    assert "333444" not in sent.headers["Location"]
    found = admin.get(sent.headers["Location"]).text
    assert "••• 3444" in found.replace("\xa0", " ")
    assert "••• 1222" not in found.replace("\xa0", " ")


@pytest.mark.parametrize(
    "typed, sentence", [("+34600999888", "There is no customer"), ("12", "international format")]
)
def test_a_search_without_a_result_says_why(admin: Browser, typed: str, sentence: str) -> None:
    sent = admin.submit(
        "/automation/customers/search", page="/automation/cases", identity=typed, list="cases"
    )
    assert sent.headers["Location"] == "/automation/cases"
    assert sentence in admin.get("/automation/cases").text
