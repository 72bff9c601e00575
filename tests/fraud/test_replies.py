"""The catalogue of replies is whole."""

from string import Formatter

import pytest

from app.fraud.conversation import Reply
from app.fraud.phrases import Language
from app.fraud.replies import REPLIES, render, render_code

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


def _fields(words: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(words) if name}
