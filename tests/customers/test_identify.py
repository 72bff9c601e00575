"""Messages with the number, the user id or both belong to one customer."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.bootstrap import Container
from app.customers.identify import identify, learn, move_identity
from app.customers.identity import Identity
from tests.whatsapp import Read

NUMBER, OTHER_NUMBER = "+34600111222", "+34600333444"
USER, OTHER_USER = "ES.13491208655302741918", "ES.99991208655302741918"

Find = Callable[..., int]


@pytest.fixture
def find(container: Container) -> Find:
    """A function that identifies a customer in a transaction of its own; returns the id."""

    def run(number: str | None = None, user_id: str | None = None, **more: bool) -> int:
        with container.sessions.begin() as session:
            identity = Identity(number, user_id)
            return identify(session, identity, vault=container.vault, **more).id

    return run


@pytest.fixture
def addresses(container: Container, read: Read) -> Callable[[], list[tuple[str | None, ...]]]:
    """A function that returns number and user id of every customer, oldest first."""

    def run() -> list[tuple[str | None, ...]]:
        rows = read("SELECT number_encrypted, user_id_encrypted FROM cc_customers ORDER BY id")
        decrypt = container.vault.decrypt
        return [tuple(decrypt(each) if each else None for each in row.values()) for row in rows]

    return run


def test_a_missing_number_or_user_id_is_stored_later(
    find: Find, addresses: Callable[[], object]
) -> None:
    first = find(NUMBER)
    assert find(NUMBER, USER) == first
    assert find(user_id=USER) == first
    assert addresses() == [(NUMBER, USER)]


def test_two_customers_with_one_identity_are_merged_into_the_older(
    find: Find, addresses: Callable[[], object]
) -> None:
    older, younger = find(user_id=USER), find(NUMBER)
    assert find(NUMBER, USER) == older != younger
    assert addresses() == [(NUMBER, USER)]


def test_a_former_holder_loses_a_number_that_another_user_has_now(
    find: Find, addresses: Callable[[], object]
) -> None:
    former, present = find(NUMBER, OTHER_USER), find(user_id=USER)
    assert find(NUMBER, USER) == present
    assert find(user_id=OTHER_USER) == former
    assert addresses() == [(None, OTHER_USER), (NUMBER, USER)]


@pytest.mark.parametrize(
    "old, new, expected",
    [
        (Identity(NUMBER), Identity(OTHER_NUMBER), (OTHER_NUMBER, USER)),
        (Identity(user_id=USER), Identity(user_id=OTHER_USER), (NUMBER, OTHER_USER)),
        (Identity(NUMBER), Identity(OTHER_NUMBER, OTHER_USER), (OTHER_NUMBER, OTHER_USER)),
    ],
)
def test_a_customer_gets_a_new_identity(  # noqa: PLR0913, PLR0917 - fixtures and parameters
    find: Find,
    container: Container,
    addresses: Callable[[], object],
    old: Identity,
    new: Identity,
    expected: object,
) -> None:
    customer = find(NUMBER, USER)
    with container.sessions.begin() as session:
        assert move_identity(session, old, new, vault=container.vault).id == customer
    assert addresses() == [expected]


def test_a_customer_who_wrote_from_the_new_number_first_is_merged(
    find: Find, container: Container, addresses: Callable[[], object]
) -> None:
    customer = find(NUMBER)
    find(OTHER_NUMBER)
    with container.sessions.begin() as session:
        moved = move_identity(
            session, Identity(NUMBER), Identity(OTHER_NUMBER), vault=container.vault
        )
    assert moved.id == customer
    assert addresses() == [(OTHER_NUMBER, None)]


def test_a_status_about_an_unknown_person_creates_no_customer(
    container: Container, read: Read
) -> None:
    with container.sessions.begin() as session:
        learn(session, Identity(NUMBER, USER), vault=container.vault)
    assert read("SELECT id FROM cc_customers") == []


@pytest.mark.parametrize(
    "written, provided",
    [
        ("+525512345678", "+5215512345678"),
        ("+541123456789", "+5491123456789"),
        ("+5511987654321", "+551187654321"),
    ],
)
def test_all_spellings_of_a_number_are_one_customer_with_the_providers_spelling(
    find: Find, addresses: Callable[[], object], written: str, provided: str
) -> None:
    customer = find(written, is_providers_form=False)
    assert find(provided) == customer
    assert find(written, is_providers_form=False) == customer
    assert addresses() == [(provided, None)]


def test_concurrent_messages_create_one_customer(find: Find, read: Read) -> None:
    carried = [(NUMBER, None), (None, USER), (NUMBER, USER)] * 8
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda halves: find(*halves), carried))
    assert len(read("SELECT id FROM cc_customers")) == 1


def test_an_identity_needs_a_number_or_a_user_id_and_its_repr_shows_neither() -> None:
    assert NUMBER not in repr(Identity(NUMBER, USER))
    assert USER not in repr(Identity(NUMBER, USER))
    assert Identity(NUMBER, USER).address == Identity(NUMBER)
    assert Identity(user_id=USER).masked == "ES.••• 1918"
    for bad in (
        (None, None),
        ("34600111222", None),
        (None, "13491208655302741918"),
        (None, "ES.a-b"),
        (None, "ES." + "1" * 129),
    ):
        with pytest.raises(ValueError, match="identity"):
            Identity(*bad)
    assert Identity(user_id="US.ENT.11815799212886844830").masked == "US.••• 4830"
