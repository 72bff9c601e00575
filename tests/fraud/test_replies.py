"""Every reply exists in every language, with the same fields."""

from collections.abc import Callable
from string import Formatter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.fraud.decisions import Reply
from app.fraud.phrases import Language
from app.fraud.replies import REPLIES, is_ours, render, render_code

WHATSAPP_LIMIT = 4096


@pytest.mark.parametrize("language", Language)
def test_every_reply_exists_in_every_language(language: Language) -> None:
    assert set(REPLIES[language]) == set(Reply)


@pytest.mark.parametrize("reply", Reply)
def test_a_reply_takes_the_same_fields_in_every_language(reply: Reply) -> None:
    fields = [_fields(REPLIES[language][reply]) for language in Language]
    assert all(each == fields[0] for each in fields)


@pytest.mark.parametrize("reply", Reply)
@pytest.mark.parametrize("language", Language)
def test_a_reply_fits_into_a_message(reply: Reply, language: Language) -> None:
    assert 0 < len(render(reply, language, left=1, minutes=15, case_id=10**18)) <= WHATSAPP_LIMIT


@pytest.mark.parametrize("language", Language)
def test_the_code_opens_its_message(language: Language) -> None:
    assert render_code("012345", language, minutes=10).startswith("012345 ")


@given(
    language=st.sampled_from(Language),
    reply=st.sampled_from(Reply),
    number=st.integers(0, 10**18),
    disguise=st.sampled_from([str, str.upper, str.lower, "  {}\n".format, "«{}»!".format]),
    space=st.sampled_from([" ", "  ", "\n", " \u00a0"]),
)
def test_every_reply_is_known_when_it_comes_back(
    *, language: Language, reply: Reply, number: int, disguise: Callable[[str], str], space: str
) -> None:
    sent = render(reply, language, left=number, minutes=number, case_id=number)
    assert is_ours(disguise(sent).replace(" ", space))


@pytest.mark.parametrize("language", Language)
def test_the_message_with_the_code_is_known_when_it_comes_back(language: Language) -> None:
    assert is_ours(render_code("012345", language, minutes=10).upper())


@pytest.mark.parametrize(
    "text",
    ["", "123456", "I think there's fraud on my account", "Creo que hay un fraude en mi cuenta"],
)
def test_what_customers_write_is_not_ours(text: str) -> None:
    assert not is_ours(text)
    assert not is_ours(f"{render(Reply.WELCOME, Language.ENGLISH)} {text} my card")


def _fields(words: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(words) if name}
