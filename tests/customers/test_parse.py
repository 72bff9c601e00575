"""Messages and recipients, before anything is written."""

import pytest

from app.core.errors import InvalidInput
from app.customers.parse import looks_like_identity, parse_number
from app.outbound.messages import MAX_TEXT, Message, Template, Text, checked, dump, kind_of, load
from app.outbound.reasons import reason_of


@pytest.mark.parametrize(
    "typed, number",
    [
        ("+34600111222", "+34600111222"),
        (" +34 600 11 12 22 ", "+34600111222"),
        ("+1 (555) 013-1026", "+15550131026"),
        ("tel:+34-600-111-222", "+34600111222"),
        ("+52 1 55 1234 5678", "+5215512345678"),
        ("+5491123456789", "+5491123456789"),
        ("+551187654321", "+551187654321"),
    ],
)
def test_a_number_is_converted_to_its_international_form(typed: str, number: str) -> None:
    assert parse_number(typed, field="recipient") == number


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "+",
        "abc",
        "\x00",
        "600111222",
        "+34",
        "+34600",
        "+999600111222",
        "+346001112223334",
        "+34600111222 ext 5",
    ],
)
def test_a_text_that_is_not_an_international_number_is_refused(typed: str) -> None:
    with pytest.raises(InvalidInput, match="international format") as refusal:
        parse_number(typed, field="recipient")
    assert refusal.value.field == "recipient"


@pytest.mark.parametrize(
    "typed", ["600 111 222", "0034/600-111-222", " US.abc7 ", "US.ENT.13491208655302741918"]
)
def test_a_search_for_a_customer_is_recognised(typed: str) -> None:
    assert looks_like_identity(typed)


@pytest.mark.parametrize("typed", ["0147", "250000", "lost +34600111222", "us.abc7", ""])
def test_a_search_for_words_is_not_taken_for_a_customer(typed: str) -> None:
    assert not looks_like_identity(typed)


@pytest.mark.parametrize(
    "message",
    [Text("hello"), Template("greeting", "en"), Template("order", "es", ("Ana", "42 €"))],
)
def test_a_stored_message_is_loaded_unchanged(message: Message) -> None:
    assert load(kind_of(message), dump(checked(message))) == message


@pytest.mark.parametrize(
    "message",
    [
        Text(""),
        Text(" \n"),
        Text("x" * (MAX_TEXT + 1)),
        Template("", "en"),
        Template("greeting", ""),
        Template("greeting", "en", ("",)),
        Template("greeting", "en", ("x",) * 21),
        Template("greeting", "en", ("x" * MAX_TEXT, "x")),
    ],
)
def test_a_message_that_whatsapp_would_refuse_is_refused(message: Message) -> None:
    with pytest.raises(InvalidInput):
        checked(message)


def test_a_known_code_becomes_a_sentence() -> None:
    assert reason_of(131026, "ignored").startswith("WhatsApp can't deliver to this number")


def test_an_unknown_code_repeats_what_whatsapp_says_without_its_numbers() -> None:
    reason = reason_of(999, "No route to +34600111222.")
    assert reason == "WhatsApp refused the message: No route to ••• 1222 (code 999)."
