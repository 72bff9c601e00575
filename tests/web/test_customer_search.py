"""A customer is found by a number or a user id, and then their cases and messages."""

import pytest
from sqlalchemy import text

from app.bootstrap import Container
from app.customers.identify import identify
from app.customers.identity import Identity
from tests.web.cases import write_case
from tests.web.conftest import Program

SEARCH = "/api/customers/search"


@pytest.fixture
def customer_id(container: Container) -> int:
    both = Identity(number="+5215512345678", user_id="MX.13491208655302741918")
    with container.sessions.begin() as session:
        return identify(session, both, vault=container.vault).id


@pytest.mark.parametrize(
    "typed", ["+52 55 1234 5678", "+52 1 (55) 1234-5678", "MX.13491208655302741918"]
)
def test_any_spelling_finds_the_customer(program: Program, customer_id: int, typed: str) -> None:
    answer = program.post(SEARCH, json={"identity": typed})
    assert answer.status_code == 200
    assert answer.get_json()["id"] == customer_id
    assert answer.get_json()["masked"] == "••• 5678"


def test_an_unknown_number_is_not_found_and_not_stored(
    program: Program, container: Container
) -> None:
    answer = program.post(SEARCH, json={"identity": "+34600111222"})
    assert answer.status_code == 404
    assert "600111222" not in answer.text
    with container.sessions.begin() as session:
        assert session.scalar(text("SELECT count(*) FROM cc_customers")) == 0


@pytest.mark.parametrize("typed", ["600111222", "not a number", "", "+34 600 111 222 ext. 5"])
def test_an_invalid_identity_is_refused(program: Program, typed: str) -> None:
    answer = program.post(SEARCH, json={"identity": typed})
    assert answer.status_code == 422
    assert "international format" in answer.get_json()["detail"]


def test_the_lists_contain_the_rows_of_the_customer(
    program: Program, container: Container, customer_id: int
) -> None:
    write_case(container.sessions)
    (case,) = program.get("/api/fraud/cases").get_json()["items"]
    theirs = program.get(f"/api/fraud/cases?customer_id={case['customer_id']}").get_json()
    assert theirs["items"] == [case]
    other = program.get(f"/api/fraud/cases?customer_id={customer_id}").get_json()
    assert other["items"] == []


def test_the_messages_of_a_customer_are_listed(program: Program, customer_id: int) -> None:
    for recipient in ("+525512345678", "+34600111222"):
        made = program.post("/api/outbound/jobs", json={"recipient": recipient, "text": "Hello"})
        assert made.status_code == 201
    found = program.get(f"/api/outbound/jobs?customer_id={customer_id}").get_json()["items"]
    assert [job["customer_id"] for job in found] == [customer_id]
