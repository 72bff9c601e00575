"""The timeline of a report, from the customer's words to what people did."""

import re
from datetime import date

import pytest

from app.bootstrap import Container
from app.core.errors import InvalidInput, NotFound
from app.core.timeline import TimelineEntry, TimelinePage, Window
from app.dispatch.dispatch import dispatch_due
from app.inbox.actions import Action
from app.inbox.apply_action import apply_action
from app.outbox.events import DailyOperationalSummaryReady
from app.outbox.record import record_event
from app.timeline.read import Of, read_timeline
from tests.whatsapp import OTHER_CUSTOMER, REPORT, Customer, Read, wrong


def timeline(container: Container, of: Of, row_id: int) -> list[TimelineEntry]:
    """Return the entries, oldest first."""
    with container.sessions.begin() as session:
        page = read_timeline(session, of, row_id, vault=container.vault)
    return list(reversed(page.items))


@pytest.fixture
def story(container: Container, customer: Customer) -> str:
    """A report that became a case, with a wrong code, and its item acknowledged; its code."""
    customer.write(REPORT)
    code = customer.code()
    customer.write(wrong(code))
    customer.write(code)
    customer.run()
    dispatch_due(container.dispatcher)
    with container.sessions.begin() as session:
        apply_action(session, 1, Action.ACKNOWLEDGE, actor="maria", note="Calling")
    return code


def test_the_story_is_told_in_the_order_of_cause_and_effect(
    container: Container, story: str
) -> None:
    told = [entry.text for entry in timeline(container, Of.CASE, 1)]
    expected = [
        "The customer wrote",
        "Verification 1 began",
        "The code (message 1) was queued",
        "WhatsApp accepted the code (message 1)",
        "The customer returned a wrong code",
        "Message 2 was queued",
        "The customer returned the right code",
        "The customer proved who they are",
        "Case 1 was opened",
        "Event 1 was recorded: fraud case created",
        "Message 3 was queued",
        "WhatsApp accepted message 2",
        "WhatsApp accepted message 3",
        "Event 1 reached the inbox: fraud case created",
        "Item 1 was opened",
        "maria acknowledged item 1",
    ]
    assert sorted(told) == sorted(expected)
    assert told[:5] == expected[:5]
    assert told[6:11] == expected[6:11]
    assert told[-3:] == expected[-3:]
    assert story


def test_the_words_are_shown_and_a_code_never(container: Container, story: str) -> None:
    entries = timeline(container, Of.CASE, 1)
    details = [entry.detail for entry in entries if entry.detail]
    assert REPORT in details
    assert "Calling" in details
    assert any(words.startswith("Thank you, it is you.") for words in details)
    assert not any(
        story in f"{entry}" or re.search(r"\b\d{6}\b", f"{entry.detail}") for entry in entries
    )


def test_the_story_is_the_same_from_item_case_message_and_event(
    container: Container, story: str
) -> None:
    stories = [timeline(container, of, 1) for of in Of]
    assert all(each == stories[0] for each in stories)
    assert len(stories[0]) == 16
    assert story


def test_delivery_and_reading_have_their_times(
    container: Container, customer: Customer, web: str, story: str
) -> None:
    customer.write("They took 480 EUR")
    customer.run()
    customer.sandbox.network.mark_read(customer.phone[1:])
    customer.sandbox.network.close()
    told = [entry.text for entry in timeline(container, Of.MESSAGE, 4)]
    assert "Message 4 was delivered" in told
    assert told.index("Message 4 was delivered") < told.index("The customer has read message 4")
    assert web
    assert story


def test_a_second_report_has_a_story_of_its_own(
    container: Container, customer: Customer, story: str
) -> None:
    customer.write("My card was stolen")
    customer.write(customer.code())
    customer.run()
    assert "My card was stolen" not in [each.detail for each in timeline(container, Of.CASE, 1)]
    assert REPORT not in [entry.detail for entry in timeline(container, Of.CASE, 2)]
    assert story


def test_failed_attempts_and_the_item_that_announces_them_are_part_of_it(
    container: Container, customer: Customer, read: Read, story: str
) -> None:
    read(
        "UPDATE cc_automation_events SET status = 'pending', sent_at = NULL, attempts = 0,"
        " next_attempt_at = now(), event_type = 'unknown_to_this_release'"
    )
    dispatch_due(container.dispatcher)
    (failed,) = [e for e in timeline(container, Of.EVENT, 1) if e.kind == "event_failed"]
    assert failed.text == "Attempt 1 of event 1 failed"
    assert "unknown_to_this_release" in (failed.detail or "")
    assert customer.phone
    assert story


def test_pages_continue_without_gap_or_repetition(container: Container, story: str) -> None:
    whole = list(reversed(timeline(container, Of.CASE, 1)))
    found: list[TimelineEntry] = []
    cursor: str | None = None
    while True:
        page = pages_of_three(container, cursor)
        found += page.items
        cursor = page.next_cursor
        if cursor is None:
            break
    assert found == whole
    assert story


def pages_of_three(container: Container, cursor: str | None) -> TimelinePage:
    with container.sessions.begin() as session:
        return read_timeline(session, Of.CASE, 1, vault=container.vault, cursor=cursor, limit=3)


def test_an_event_without_report_has_itself_and_its_item(container: Container) -> None:
    event = DailyOperationalSummaryReady(business_date=date(2026, 11, 22), headline="Quiet")
    with container.sessions.begin() as session:
        record_event(session, event)
    dispatch_due(container.dispatcher)
    kinds = [entry.kind for entry in timeline(container, Of.ITEM, 1)]
    assert kinds == ["event_recorded", "event_delivered", "item_opened"]


def test_another_customers_messages_are_no_part_of_it(
    container: Container, customer: Customer, story: str
) -> None:
    Customer(container, customer.sandbox, OTHER_CUSTOMER).write("They hacked me")
    assert "They hacked me" not in [each.detail for each in timeline(container, Of.CASE, 1)]
    assert story


@pytest.mark.parametrize("of", Of)
def test_what_does_not_exist_has_no_timeline(container: Container, of: Of) -> None:
    with container.sessions.begin() as session, pytest.raises(NotFound, match="99"):
        read_timeline(session, of, 99, vault=container.vault)


@pytest.mark.parametrize("cursor", ["nonsense", "YXQ6MQ", "é"])
def test_a_foreign_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidInput, match="does not come from this timeline"):
        Window.read(cursor)
