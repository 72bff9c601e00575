"""Parse identities that people type: an international number or a user id. Pure."""

import re

import phonenumbers

from app.core.errors import InvalidInput
from app.customers.identity import USER_ID, Identity
from app.customers.numbers import canonical

_NUMBER = re.compile(r"\+?[\d\s().\-\u2010-\u2015/\xa0]+")
_SHORTEST = 8
"""Fewer digits are searched as a word, such as the last four of a number."""


def parse_identity(text: str, *, field: str) -> Identity:
    """Return the identity in `text`: a user id of WhatsApp, or a telephone number.

    Raises InvalidInput for `field` if it is neither.
    """
    if USER_ID.fullmatch(text.strip()):
        return Identity(user_id=text.strip())
    return Identity(number=parse_number(text, field=field))


def looks_like_identity(text: str) -> bool:
    """Tell whether a person means a user id or a telephone number, in any form, by `text`."""
    typed = text.strip()
    if USER_ID.fullmatch(typed):
        return True
    return bool(_NUMBER.fullmatch(typed)) and len(_digits(typed)) >= _SHORTEST


def parse_typed(text: str, *, field: str) -> Identity:
    """Like `parse_identity`, for a number that begins with +, with 00 or with its country code."""
    if USER_ID.fullmatch(text.strip()):
        return parse_identity(text, field=field)
    return parse_identity(f"+{_digits(text).removeprefix('00')}", field=field)


def parse_number(text: str, *, field: str) -> str:
    """Return the telephone number in `text` as E.164 (`+34600111222`).

    The number must carry its country code and have a length that exists in that country.
    The provider's own spellings (`+52 1 …`) are accepted. Raises InvalidInput for `field`.
    """
    try:
        number = phonenumbers.parse(text.strip(), None)
    except phonenumbers.NumberParseException:
        raise _invalid(field) from None
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    dialable = phonenumbers.parse(canonical(e164), None)
    if number.extension or not phonenumbers.is_possible_number(dialable):
        raise _invalid(field)
    return e164


def _digits(text: str) -> str:
    return "".join(filter(str.isdigit, text))


def _invalid(field: str) -> InvalidInput:
    return InvalidInput(
        f"The {field} is not a telephone number in international format;"
        " write it like +34600111222.",
        field=field,
    )
