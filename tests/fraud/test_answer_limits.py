"""The limits on answers to one customer and to all unverified customers."""

from dataclasses import replace

import pytest

from app.bootstrap import Container
from app.dispatch.dispatch import dispatch_due
from app.fraud.answer_limits import Answering, AnswerLimits
from app.fraud.conversation import ConversationState
from app.fraud.decisions import Answer, Begin, ConversationDecision, CountWrongCode, Reply, Verify
from tests.whatsapp import OTHER_CUSTOMER, REPORT, Customer, Read

LIMITS = AnswerLimits(unverified_per_hour=100, wrong_codes_per_day=2000)
EVERY_KIND = [Answer(Reply.WELCOME), Begin("fraud!"), CountWrongCode(2)]


@pytest.mark.parametrize("decision", EVERY_KIND)
def test_every_kind_of_answer_is_limited_per_customer(decision: ConversationDecision) -> None:
    assert LIMITS.answering_of(decision, ConversationState(recent_messages=20)) is Answering.ALLOWED
    assert LIMITS.answering_of(decision, ConversationState(recent_messages=21)) is Answering.FLOODED


@pytest.mark.parametrize("decision", EVERY_KIND)
def test_answers_to_all_unverified_customers_are_limited(decision: ConversationDecision) -> None:
    limited = ConversationState(messages_of_all=101)
    assert (
        LIMITS.answering_of(decision, ConversationState(messages_of_all=100)) is Answering.ALLOWED
    )
    assert LIMITS.answering_of(decision, limited) is Answering.LIMITED
    assert LIMITS.answering_of(decision, replace(limited, is_verified=True)) is Answering.ALLOWED


def test_a_right_code_is_always_answered() -> None:
    flood = ConversationState(recent_messages=999, messages_of_all=999)
    assert LIMITS.answering_of(Verify(), flood) is Answering.ALLOWED


@pytest.mark.parametrize("words", ["hello", "000000", "HELP", "RESEND"])
def test_a_customer_gets_no_more_answers_than_the_limit(
    customer: Customer, read: Read, words: str
) -> None:
    limit = customer.container.inbound.limits.per_customer
    for _ in range(limit + 5):
        customer.write(words)
    assert len(read("SELECT id FROM cc_outbound_jobs")) == limit
    assert len(read("SELECT id FROM cc_inbound_messages")) == limit + 5


@pytest.fixture
def crowded(customer: Customer) -> Customer:
    """A customer while the limit for unverified customers is two messages per hour."""
    inbound = customer.container.inbound
    limits = replace(inbound.limits, unverified_per_hour=2)
    container = replace(customer.container, inbound=replace(inbound, limits=limits))
    return replace(customer, container=container)


def test_over_the_common_limit_a_report_is_stored_without_a_code_and_an_item_says_so(
    crowded: Customer, container: Container, read: Read
) -> None:
    for number in range(3):
        replace(crowded, phone=f"+3460000000{number}").write(REPORT)
    crowded.write("hello")

    dispatch_due(container.dispatcher)

    assert len(read("SELECT id FROM cc_verification_jobs")) == 3
    assert len(read("SELECT id FROM cc_outbound_jobs")) == 2
    (item,) = read("SELECT type, severity FROM cc_admin_inbox_items")
    assert item == {"type": "unverified_answers_limited", "severity": "error"}


def test_over_the_common_limit_a_right_code_still_opens_its_case(
    crowded: Customer, read: Read
) -> None:
    crowded.write(REPORT)
    code = crowded.code()
    other = replace(crowded, phone=OTHER_CUSTOMER)
    for _ in range(3):
        other.write("hello")

    assert crowded.write(code) == "Verify"

    crowded.run()
    assert len(read("SELECT id FROM cc_fraud_cases")) == 1
    assert "case" in crowded.inbox()[-1]
    assert crowded.write("hello") == "Answer"
    crowded.run()
    assert "case" not in crowded.inbox()[-1]


def test_a_deleted_message_is_noted_with_the_report_and_not_answered(
    customer: Customer, read: Read
) -> None:
    customer.write(REPORT)
    before = len(read("SELECT id FROM cc_outbound_jobs"))
    assert customer.write(None, kind="revoke") == "NoteDeletion"
    assert len(read("SELECT id FROM cc_outbound_jobs")) == before
    (verification,) = read("SELECT report FROM cc_verification_jobs")
    assert verification["report"].endswith("(The customer deleted a message.)")
