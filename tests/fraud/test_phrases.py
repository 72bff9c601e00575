"""The classification of customers' texts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.fraud.phrases import (
    COMMANDS,
    GREETINGS,
    REPORTS,
    Code,
    Command,
    Language,
    MistypedCode,
    Report,
    Request,
    SmallTalk,
    Unsupported,
    normalise,
    understand,
)

ENGLISH, SPANISH = Language.ENGLISH, Language.SPANISH


@pytest.mark.parametrize(
    "text, language",
    [
        ("I think there's fraud on my account", ENGLISH),
        ("I THINK THERE\u2019S FRAUD ON MY ACCOUNT!!!", ENGLISH),
        ("fraud", ENGLISH),
        ("Someone stole my card", ENGLISH),
        ("I don't recognise a payment of 30", ENGLISH),
        ("help, I have been scammed", ENGLISH),
        ("cancel my card, it was stolen", ENGLISH),
        ("my account number is 123456 and there is fraud", ENGLISH),
        ("Creo que hay un fraude en mi cuenta", SPANISH),
        ("ME HAN ESTAFADO", SPANISH),
        ("suplantación de identidad", SPANISH),
        ("No reconozco este cargo", SPANISH),
    ],
)
def test_a_message_reports_fraud(text: str, language: Language) -> None:
    assert understand(text) == Report(text, language)


@pytest.mark.parametrize("text", ["fraudulently", "robots", "stoleware", "a frau d", "timon"])
def test_part_of_a_word_is_no_report(text: str) -> None:
    assert isinstance(understand(text), SmallTalk)


@pytest.mark.parametrize(
    "text, command, language",
    [
        ("HELP", Command.HELP, ENGLISH),
        (" help! ", Command.HELP, ENGLISH),
        ("Ayuda", Command.HELP, SPANISH),
        ("resend", Command.RESEND, ENGLISH),
        ("Reenviar código", Command.RESEND, SPANISH),
        ("CANCEL", Command.CANCEL, ENGLISH),
        ("cancelar.", Command.CANCEL, SPANISH),
    ],
)
def test_a_message_is_a_command(text: str, command: Command, language: Language) -> None:
    assert understand(text) == Request(command, language)


@pytest.mark.parametrize(
    "text",
    [
        "123456",
        "123 456",
        "123-456",
        "1 2 3 4 5 6",
        " 123456\n",
        "123.456",
        "my code is 123456.",
        "\uff11\uff12\uff13\uff14\uff15\uff16",
        "١٢٣٤٥٦",
        "Código: 123456",
    ],
)
def test_six_digits_are_a_code(text: str) -> None:
    assert understand(text) == Code("123456")


@pytest.mark.parametrize("text", ["12345", "1234567", "123 45", "12-34-56-78", "600 111 222"])
def test_another_number_of_digits_is_a_mistyped_code(text: str) -> None:
    assert understand(text) == MistypedCode()


@pytest.mark.parametrize(
    "text",
    [
        "call me on 600111222 please",
        "123456 or was it 654321",
        "I noticed that the amount on the receipt was 123456",
        "hello",
        "",
        "👍",
    ],
)
def test_other_words_are_small_talk(text: str) -> None:
    assert isinstance(understand(text), SmallTalk)


def test_a_greeting_tells_the_language() -> None:
    assert understand("¡Hola!") == SmallTalk(SPANISH, is_courtesy=True)
    assert understand("Hello there") == SmallTalk(ENGLISH)
    assert understand("bonjour") == SmallTalk(None)


@pytest.mark.parametrize(
    "text", ["hello", "Thank you very much!", "ok thanks", "Muchas gracias", "vale", "👍", ""]
)
def test_greetings_and_thanks_alone_are_a_courtesy(text: str) -> None:
    said = understand(text)
    assert isinstance(said, SmallTalk)
    assert said.is_courtesy


@pytest.mark.parametrize("text", ["480 EUR in Lyon, on Monday", "thanks, it was 480 EUR", "hill"])
def test_any_other_text_is_no_courtesy(text: str) -> None:
    said = understand(text)
    assert isinstance(said, SmallTalk)
    assert not said.is_courtesy


@pytest.mark.parametrize("text, has_words", [("123 456", False), ("they took 480 000 pesos", True)])
def test_a_code_with_words_around_it_may_be_an_amount(*, text: str, has_words: bool) -> None:
    said = understand(text)
    assert isinstance(said, Code)
    assert said.has_words == has_words


def test_what_is_not_text_is_unsupported() -> None:
    assert understand(None) == Unsupported()


def test_every_phrase_of_the_tables_is_written_as_it_is_compared() -> None:
    tables = [*REPORTS.values(), *GREETINGS.values()]
    tables += [phrases for commands in COMMANDS.values() for phrases in commands.values()]
    for phrase in (phrase for phrases in tables for phrase in phrases):
        assert phrase == normalise(phrase)


@given(st.text())
def test_every_text_has_a_class(text: str) -> None:
    assert understand(text) is not None
