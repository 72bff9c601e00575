"""Redaction of logs, stored errors, payloads and views.

It masks telephone numbers except their last four digits. It hides one-time codes, and values
whose key names a secret. In doubt it hides a value.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

HIDDEN = "[redacted]"
_SHOWN = 4

_SECRET_KEY = re.compile(
    r"(^|_)(otp|otp_code|password|secret|token|authorization|cookie|signature|api_key)$|^code$",
    re.IGNORECASE,
)
_PHONE_KEY = re.compile(
    r"(^|_)(phone|phone_number|msisdn|recipient|sender|wa_id)$|^(to|from)$", re.IGNORECASE
)
_USER_ID_KEY = re.compile(r"(^|_)user_id$", re.IGNORECASE)
_USER_ID = re.compile(r"(?<![\w.])[A-Z]{2}\.(?:ENT\.)?(?=[A-Za-z]*\d)[A-Za-z0-9]{8,128}(?!\w)")
_MESSAGE_ID = re.compile(r"wamid\.[\w+/=-]+")
_DATE = re.compile(r"\d{4}-\d\d(-\d\d)?([T ]\d\d(:\d\d){0,2}(\.\d+)?)?")
_PHONE = re.compile(
    r"(?<![\w.-])\+?\d(?:[ ().-]{0,2}\d){8,14}(?!\w)"
    r"|(?<![\w.:/#=-])\+?\d(?:[ -]?\d){6,7}(?![\w-])"
)
_CODE = re.compile(r"(?<![\w.:/#=-])\d{3}[ -]?\d{3}(?![\w-])")


def mask_phone(number: str) -> str:
    """Return only the last four digits of `number`, e.g. `••• 4567`."""
    digits = re.sub(r"\D", "", number)
    return f"••• {digits[-_SHOWN:]}" if len(digits) > _SHOWN else "•••"


def mask_user_id(user_id: str) -> str:
    """Return a user id with its country and its last four characters, e.g. `US.••• 1918`."""
    country, _, rest = user_id.partition(".")
    return f"{country}.••• {rest[-_SHOWN:]}" if len(rest) > _SHOWN else f"{country}.•••"


def redact_text(text: str) -> str:
    """Return `text` with telephone numbers, codes and WhatsApp ids masked or hidden.

    7 to 15 digits are masked as a telephone number, 6 digits are hidden as a code. User ids
    are masked. Message ids are hidden, because they contain a number. Dates and times stay
    as they are, and so do numbers of up to 8 digits after a letter, slash, colon or number
    sign, e.g. `case:123456` and `/automation/cases/123456`.
    """
    text = _MESSAGE_ID.sub(HIDDEN, text)
    text = _USER_ID.sub(lambda match: mask_user_id(match[0]), text)
    return _CODE.sub(HIDDEN, _PHONE.sub(_mask_match, text))


def redact(value: Any) -> Any:
    """Return a redacted copy of a JSON-like `value`; numbers and booleans stay as they are."""
    match value:
        case str():
            return redact_text(value)
        case Mapping():
            return {key: _redact_member(str(key), member) for key, member in value.items()}
        case bytes() | bytearray():
            return HIDDEN
        case Sequence():
            return [redact(member) for member in value]
        case _:
            return value


def _redact_member(key: str, value: Any) -> Any:
    if _SECRET_KEY.search(key) and value is not None:
        return HIDDEN
    if _PHONE_KEY.search(key) and isinstance(value, str):
        return mask_phone(value) if "•" not in value else value
    if _USER_ID_KEY.search(key) and isinstance(value, str):
        return mask_user_id(value) if "•" not in value else value
    return redact(value)


def _mask_match(match: re.Match[str]) -> str:
    return match[0] if _DATE.fullmatch(match[0]) else mask_phone(match[0])
