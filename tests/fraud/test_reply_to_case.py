"""Replies of people to the customer of a case, through the worker and the sandbox."""

from datetime import UTC, datetime, timedelta

import pytest

from app.bootstrap import Container
from app.core.errors import Conflict, InvalidInput, NotFound
from app.fraud.approved_texts import (
    Approved,
    FreeText,
    TemplateKey,
    TextKey,
    WantedReply,
    approved_templates,
    approved_texts,
    message_of,
)
from app.fraud.correspondence import Correspondence, read_correspondence
from app.fraud.phrases import Language
from app.fraud.reply_to_case import reply_to_case
from app.fraud.reply_window import window_after
from app.outbound.messages import MAX_TEXT, Template, checked
from app.outbound.templates import TEMPLATES, placeholders_of
from app.outbound.words import UNREADABLE_TEXT
from tests.whatsapp import REPORT, Customer, Read

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def case(customer: Customer) -> str:
    """Case 1, whose customer has just written; the code that they returned."""
    customer.write(REPORT)
    code = customer.code()
    customer.write(code)
    customer.run()
    return code


def reply(container: Container, wanted: WantedReply, key: str | None = None) -> tuple[int, bool]:
    with container.sessions.begin() as session:
        sent = reply_to_case(session, 1, wanted, actor="maria", vault=container.vault, key=key)
    return sent.job_id, sent.is_new


def conversation(container: Container) -> list[Correspondence]:
    """Return the messages of customer 1, oldest first."""
    with container.sessions.begin() as session:
        page = read_correspondence(session, 1, vault=container.vault)
    return list(reversed(page.items))


def long_ago(read: Read) -> None:
    read(
        "UPDATE cc_inbound_messages SET created_at = created_at - interval '25 hours',"
        " sent_at = sent_at - interval '25 hours'"
    )


def test_a_free_text_reaches_the_phone_and_keeps_its_author(
    container: Container, customer: Customer, read: Read, case: str
) -> None:
    job_id, _ = reply(container, FreeText("Was it the shop in Lyon?"))
    customer.run()
    assert customer.inbox()[-1] == "Was it the shop in Lyon?"
    last = conversation(container)[-1]
    assert (last.author, last.text, last.job_id) == ("maria", "Was it the shop in Lyon?", job_id)
    assert last.status == "sent"
    kept = read("SELECT actor, action, note FROM cc_outbound_activity")
    assert kept == [{"actor": "maria", "action": "reply", "note": "Was it the shop in Lyon?"}]
    assert read("SELECT subject_ref FROM cc_outbound_jobs ORDER BY id DESC LIMIT 1") == [
        {"subject_ref": "case:1"}
    ]
    assert case


def test_what_is_shown_and_kept_has_no_number_but_the_customer_gets_it(
    container: Container, customer: Customer, read: Read, case: str
) -> None:
    reply(container, FreeText("Please call +34 600 999 888."))
    customer.run()
    assert customer.inbox()[-1] == "Please call +34 600 999 888."
    assert "999" not in (conversation(container)[-1].text or "")
    assert "999" not in read("SELECT note FROM cc_outbound_activity")[0]["note"]
    assert case


def test_the_conversation_shows_both_sides_and_never_a_code(
    container: Container, customer: Customer, case: str
) -> None:
    customer.write("They took 480 EUR")
    said = [(each.direction.value, each.said, each.text) for each in conversation(container)]
    assert said[0] == ("from_customer", "The customer wrote", REPORT)
    assert said[1] == ("to_customer", "We sent a code", None)
    assert said[2] == ("from_customer", "The customer returned the right code", None)
    assert said[4][2] == "They took 480 EUR"
    assert case not in str(said)


def test_replies_arrive_in_the_order_of_their_writing(
    container: Container, customer: Customer, case: str
) -> None:
    for words in ("one", "two", "three"):
        reply(container, FreeText(words))
    while customer.run().sent:
        pass
    assert customer.inbox()[-3:] == ["one", "two", "three"]
    assert case


def test_a_double_click_sends_one_message(container: Container, read: Read, case: str) -> None:
    first = reply(container, FreeText("Hello"), key="form-1")
    second = reply(container, FreeText("Hello"), key="form-1")
    assert (first[0], first[1], second) == (second[0], True, (first[0], False))
    assert len(read("SELECT id FROM cc_outbound_activity")) == 1
    with pytest.raises(Conflict, match="already belongs to outbound job"):
        reply(container, FreeText("Something else"), key="form-1")
    assert case


def test_outside_the_window_only_a_template_is_sent(
    container: Container, customer: Customer, read: Read, case: str
) -> None:
    long_ago(read)
    with pytest.raises(Conflict, match="takes only templates"):
        reply(container, FreeText("Hello"))
    with pytest.raises(Conflict, match="takes only templates"):
        reply(container, Approved(TextKey.IN_PROGRESS, Language.ENGLISH))
    assert read("SELECT id FROM cc_outbound_activity") == []
    reply(container, Approved(TemplateKey.CASE_NEWS, Language.SPANISH))
    customer.run()
    assert customer.inbox()[-1].startswith("Tenemos novedades sobre tu aviso de fraude, el caso 1.")
    assert conversation(container)[-1].text == customer.inbox()[-1]
    assert case


def test_an_answer_of_the_customer_opens_the_window_again(
    container: Container, customer: Customer, read: Read, case: str
) -> None:
    long_ago(read)
    customer.write("Yes?")
    assert reply(container, FreeText("Hello"))[1]
    assert case


@pytest.mark.parametrize(
    "words, sentence",
    [("x" * (MAX_TEXT + 1), "longer than 4096"), ("  ", "is empty")],
)
def test_a_text_that_can_not_be_sent_is_refused(
    container: Container, read: Read, case: str, words: str, sentence: str
) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        reply(container, FreeText(words))
    assert read("SELECT id FROM cc_outbound_activity") == []
    assert case


def test_there_is_no_reply_to_what_does_not_exist(container: Container) -> None:
    with pytest.raises(NotFound, match="no fraud case 1"):
        reply(container, FreeText("Hello"))


def test_a_text_without_its_key_is_shown_as_such(
    container: Container, read: Read, case: str
) -> None:
    read("UPDATE cc_outbound_jobs SET text_encrypted = 'lost' WHERE id = 2")
    assert conversation(container)[-1].text == UNREADABLE_TEXT
    assert case


@pytest.mark.parametrize(
    "hours, is_open", [(0, True), (23.99, True), (24, False), (30, False), (None, False)]
)
def test_the_window_is_open_for_24_hours(hours: float | None, is_open: bool) -> None:  # noqa: FBT001 - a column of the table
    last = None if hours is None else NOW - timedelta(hours=hours)
    assert window_after(last, now=NOW).is_open is is_open


@pytest.mark.parametrize("language", Language)
def test_every_approved_text_can_be_sent_in_every_language(language: Language) -> None:
    for each in (*approved_texts(7, language), *approved_templates(7, language)):
        message = checked(message_of(Approved(_key(each.key), language), case_id=7))
        assert "{" not in each.text
        if isinstance(message, Template):
            body = TEMPLATES[message.name, message.language]
            assert placeholders_of(body) == len(message.parameters)


def _key(name: str) -> TextKey | TemplateKey:
    return TextKey(name) if name in set(TextKey) else TemplateKey(name)
