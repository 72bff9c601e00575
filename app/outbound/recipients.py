"""Telephone numbers that people type, brought to E.164. Pure."""

import phonenumbers

from app.core.errors import InvalidInput
from app.customers.identity import USER_ID, Identity
from app.customers.numbers import canonical

_SENTENCE = (
    "The recipient is not a telephone number in international format; write it like +34600111222."
)


def identity_of(text: str) -> Identity:
    """Return whom `text` names: a user id of WhatsApp, or a number as people type it."""
    if USER_ID.fullmatch(text.strip()):
        return Identity(user_id=text.strip())
    return Identity(number=parse_recipient(text))


def parse_recipient(text: str) -> str:
    """Return the number in `text` as E.164 (`+34600111222`).

    It must carry its country code and have a length that exists there; whether anybody
    answers it is for the provider to say. The provider's own spellings (`+52 1 …`) are taken
    as they are. Raises InvalidInput.
    """
    try:
        number = phonenumbers.parse(text.strip(), None)
    except phonenumbers.NumberParseException:
        raise InvalidInput(_SENTENCE, field="recipient") from None
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    dialable = phonenumbers.parse(canonical(e164), None)
    if number.extension or not phonenumbers.is_possible_number(dialable):
        raise InvalidInput(_SENTENCE, field="recipient")
    return e164
