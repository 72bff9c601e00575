"""The status of a case follows the status of its inbox item."""

from collections.abc import Callable

import pytest
from sqlalchemy import select

from app.bootstrap import Container
from app.dispatch.dispatch import dispatch_due
from app.fraud.queries import show_case
from app.inbox.actions import Action
from app.inbox.apply_action import apply_action
from app.inbox.models import InboxItem
from app.inbox.undo import undo_action
from tests.whatsapp import REPORT, Customer, Read

Act = Callable[[Action], str]


@pytest.fixture
def act(container: Container, customer: Customer) -> Act:
    """A function that acts on the item of case 1 and returns the status of the case."""
    customer.write(REPORT)
    customer.write(customer.code())
    dispatch_due(container.dispatcher)

    def act(action: Action) -> str:
        with container.sessions.begin() as session:
            apply_action(session, item_id(container), action, actor="maria")
        return status(container)

    return act


def item_id(container: Container) -> int:
    with container.sessions.begin() as session:
        return session.scalars(
            select(InboxItem.id).where(InboxItem.dedupe_key == "fraud_case_created:1")
        ).one()


def status(container: Container) -> str:
    with container.sessions.begin() as session:
        return show_case(session, 1).case.status


def test_the_case_follows_each_act_on_its_item(act: Act) -> None:
    assert act(Action.ACKNOWLEDGE) == "in_work"
    assert act(Action.RESOLVE) == "closed"
    assert act(Action.REOPEN) == "open"
    assert act(Action.DISMISS) == "closed"


def test_an_undone_act_is_undone_on_the_case(container: Container, act: Act) -> None:
    act(Action.ACKNOWLEDGE)
    act(Action.RESOLVE)
    with container.sessions.begin() as session:
        undo_action(session, item_id(container), actor="maria")
    assert status(container) == "in_work"


def test_an_act_that_is_rolled_back_leaves_the_case(container: Container, act: Act) -> None:
    act(Action.ACKNOWLEDGE)
    with container.sessions() as session:
        apply_action(session, item_id(container), Action.RESOLVE, actor="maria")
    assert status(container) == "in_work"


def test_a_message_to_a_case_in_work_opens_it_again(
    container: Container, customer: Customer, act: Act
) -> None:
    act(Action.ACKNOWLEDGE)
    assert customer.write("They took 480 EUR") == "AddToCase"
    dispatch_due(container.dispatcher)
    assert status(container) == "open"


def test_a_message_that_arrived_before_the_case_was_closed_opens_it_again(
    container: Container, customer: Customer, act: Act
) -> None:
    customer.write("They took 480 EUR")
    act(Action.RESOLVE)
    dispatch_due(container.dispatcher)
    assert status(container) == "open"


def test_a_message_to_a_case_that_was_closed_lately_opens_it_again(
    container: Container, customer: Customer, act: Act
) -> None:
    act(Action.RESOLVE)
    assert customer.write("Thank you") == "Answer"
    assert customer.write("They took 480 EUR more") == "AddToCase"
    dispatch_due(container.dispatcher)
    assert status(container) == "open"


def test_a_case_that_was_closed_long_ago_takes_no_message(
    customer: Customer, act: Act, read: Read
) -> None:
    act(Action.RESOLVE)
    read("UPDATE cc_fraud_cases SET updated_at = now() - interval '31 days'")
    assert customer.write("They took 480 EUR more") == "Answer"


def test_items_of_other_kinds_change_no_case(container: Container, act: Act) -> None:
    act(Action.ACKNOWLEDGE)
    with container.sessions.begin() as session:
        other = InboxItem(
            type="otp_verification_stuck",
            severity="warning",
            title="Another",
            body="",
            dedupe_key="otp_verification_stuck:1",
        )
        session.add(other)
        session.flush()
        apply_action(session, other.id, Action.RESOLVE, actor="maria")
    assert status(container) == "in_work"
