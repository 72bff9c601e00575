"""Telephone numbers that people type, brought to E.164. Pure."""

import phonenumbers

from app.core.errors import InvalidInput

_SENTENCE = (
    "The recipient is not a telephone number in international format; write it like +34600111222."
)


def parse_recipient(text: str) -> str:
    """Return the number in `text` as E.164 (`+34600111222`).

    It must carry its country code and have a length that exists there; whether anybody
    answers it is for the provider to say. Raises InvalidInput.
    """
    try:
        number = phonenumbers.parse(text.strip(), None)
    except phonenumbers.NumberParseException:
        raise InvalidInput(_SENTENCE, field="recipient") from None
    if number.extension or not phonenumbers.is_possible_number(number):
        raise InvalidInput(_SENTENCE, field="recipient")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
