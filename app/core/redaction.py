"""Redaction of logs, stored errors, payloads and views.

It masks telephone numbers and account numbers except their last four digits. It hides one-time
codes, and values whose key names a secret. In doubt it hides a value.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.core.digit_runs import (
    Digit,
    PlainText,
    find_digits,
    plain_text,
    runs_of,
    values_of,
)
from app.core.encoded_text import replace_encoded, unescape_digits
from app.core.readable_numbers import readable_spans

HIDDEN = "[redacted]"
CODE_DIGITS = 6
"""The number of digits of a one-time code. A longer run of digits is a number."""

_SHOWN = 4
_LONGEST_PHONE = 15
"""Digits, by E.164. The end of a longer run may be a secret, e.g. the three digits of a card."""
_CARD_LENGTHS = range(13, 20)
_OWN_DIGITS = 7
"""The last digits of a customer's own number, by which it is found in their texts."""

_SECRET_KEY = re.compile(
    r"(^|_)(otp|otp_code|password|secret|token|authorization|cookie|signature|api_key"
    r"|idempotency_key)$|^code$",
    re.IGNORECASE,
)
_PHONE_KEY = re.compile(
    r"(^|_)(phone|phone_number|msisdn|recipient|sender|wa_id)$|^(to|from)$", re.IGNORECASE
)
_USER_ID_KEY = re.compile(r"(^|_)user_id$", re.IGNORECASE)
_WORD_START = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")

_USER_ID = re.compile(r"(?<![\w.])[A-Z]{2}\.(?:ENT\.)?(?=[A-Za-z]*\d)[A-Za-z0-9]{8,128}(?!\w)")
_MESSAGE_ID = re.compile(r"wamid\.[\w+/=-]+")
_IBAN = re.compile(r"(?<![A-Z0-9])[A-Z]{2}[0-9]{2}(?:[ -]?[A-Z0-9]){11,30}(?![A-Z0-9])")
_CODE_WORD = re.compile(
    r"\b(?:code|codigo|otp|pin|clave|contrasena|password|verificacion)\b[^0-9]{0,20}$"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownSecrets:
    """What a text of one customer must not hold.

    `own_numbers` are their numbers in any form. `is_code` tells whether six digits are a code
    that we sent to them.
    """

    own_numbers: Sequence[str]
    is_code: Callable[[str], bool]


_NOTHING_KNOWN = KnownSecrets(own_numbers=(), is_code=lambda _digits: False)


@dataclass(frozen=True, slots=True)
class _Replacement:
    start: int
    end: int
    shown: str


def mask_phone(number: str) -> str:
    """Return only the last four digits of `number`, e.g. `••• 4567`."""
    digits = re.sub(r"\D", "", number)
    return f"••• {digits[-_SHOWN:]}" if len(digits) > _SHOWN else "•••"


def mask_user_id(user_id: str) -> str:
    """Return a user id with its country and its last four characters, e.g. `US.••• 1918`."""
    country, _, rest = user_id.partition(".")
    return f"{country}.••• {rest[-_SHOWN:]}" if len(rest) > _SHOWN else f"{country}.•••"


def redact_text(text: str, *, known: KnownSecrets | None = None) -> str:
    """Return `text` with telephone numbers, account numbers, codes and WhatsApp ids hidden.

    Digits count in every form: other scripts, words, escapes, base64, and with any separators
    between them. 7 to 15 digits are masked as a telephone number. Longer runs, codes, and
    message ids, which contain a number, are hidden. Amounts of money, dates and times stay.

    A text of a customer comes with the secrets that are `known` of them. Six digits are then
    hidden only if they are such a code or follow a word for one. In every other text six digits
    are hidden, and references (`case:123456`), measures, addresses and digests stay.
    """
    text = _MESSAGE_ID.sub(HIDDEN, unescape_digits(text))
    text = _USER_ID.sub(lambda match: mask_user_id(match[0]), text)
    text = _IBAN.sub(_mask_iban, text)
    text = replace_encoded(text, lambda decoded: _hidden_if_secret(decoded, known))
    return _redact_digits(text, known)


def redact_prose(text: str) -> str:
    """Return sentences redacted. Six digits in them are hidden only after a word for a code."""
    return redact_text(text, known=_NOTHING_KNOWN)


def redact(value: Any) -> Any:
    """Return a redacted copy of a JSON-like `value`; numbers and booleans stay as they are."""
    match value:
        case str():
            return redact_text(value)
        case Mapping():
            return dict(_redact_members(value))
        case bytes() | bytearray():
            return HIDDEN
        case Sequence():
            return [redact(member) for member in value]
        case _:
            return value


def _redact_members(members: Mapping[Any, Any]) -> Iterator[tuple[Any, Any]]:
    """Yield the redacted members. A number is added to a key that would stand there twice."""
    seen: dict[Any, int] = {}
    for key, value in members.items():
        shown = redact_text(key) if isinstance(key, str) else key
        seen[shown] = seen.get(shown, 0) + 1
        unique = shown if seen[shown] == 1 else f"{shown} ({seen[shown]})"
        yield unique, _redact_member(_snake_case(str(key)), value)


def _redact_member(key: str, value: Any) -> Any:
    if _SECRET_KEY.search(key) and value is not None:
        return HIDDEN
    if _PHONE_KEY.search(key) and isinstance(value, str):
        return mask_phone(value) if "•" not in value else value
    if _USER_ID_KEY.search(key) and isinstance(value, str):
        return mask_user_id(value) if "•" not in value else value
    return redact(value)


def _snake_case(key: str) -> str:
    return _WORD_START.sub("_", key).replace("-", "_")


def _hidden_if_secret(decoded: str, known: KnownSecrets | None) -> str | None:
    return HIDDEN if _redact_digits(decoded, known) != decoded else None


def _redact_digits(text: str, known: KnownSecrets | None) -> str:
    plain = plain_text(text)
    digits = find_digits(plain.text)
    if len(digits) < CODE_DIGITS:
        return text
    secret = list(_known_replacements(plain.text, digits, known)) if known else []
    spans = [(one.start, one.end) for one in secret]
    spans += readable_spans(plain.text, of_a_person=known is not None)
    left = [digit for digit in digits if not _is_inside(digit, spans)]
    guessed = (_guess(plain, run, known) for run in runs_of(plain.text, left))
    return _replace(text, plain, [*secret, *(one for one in guessed if one)])


def _known_replacements(
    plain: str, digits: Sequence[Digit], known: KnownSecrets
) -> Iterator[_Replacement]:
    """Yield a replacement of each code and each own number, whatever stands between its digits.

    An own number that is one run of digits is not among them. It is masked like any number.
    """
    run_of = {digit.start: run for run in runs_of(plain, digits) for digit in run}
    for window in _known_windows(digits, known):
        run = run_of[window[0].start]
        if window[-1] not in run:
            yield from _each_hidden(window)
        elif len(window) == CODE_DIGITS:
            yield _Replacement(run[0].start, run[-1].end, HIDDEN)


def _known_windows(digits: Sequence[Digit], known: KnownSecrets) -> Iterator[Sequence[Digit]]:
    values = values_of(digits)
    own = {re.sub(r"\D", "", number)[-_OWN_DIGITS:] for number in known.own_numbers}
    for at in range(len(values) - CODE_DIGITS + 1):
        if known.is_code(values[at : at + CODE_DIGITS]):
            yield digits[at : at + CODE_DIGITS]
        if values[at : at + _OWN_DIGITS] in own:
            yield digits[at : at + _OWN_DIGITS]


def _each_hidden(digits: Sequence[Digit]) -> Iterator[_Replacement]:
    """Yield replacements of `digits`: the first by HIDDEN, the others by nothing."""
    for place, digit in enumerate(digits):
        yield _Replacement(digit.start, digit.end, "" if place else HIDDEN)


def _guess(
    plain: PlainText, run: Sequence[Digit], known: KnownSecrets | None
) -> _Replacement | None:
    """Return the replacement of a run of digits that may be a number or a code."""
    start, end = run[0].start, run[-1].end
    if len(run) < CODE_DIGITS:
        return None
    if len(run) == CODE_DIGITS:
        is_code = known is None or _CODE_WORD.search(plain.text[max(0, start - 40) : start])
        return _Replacement(start, end, HIDDEN) if is_code else None
    start -= plain.text[start - 1 : start] == "+"
    is_phone = len(run) <= _LONGEST_PHONE or _is_card(values_of(run))
    return _Replacement(start, end, mask_phone(values_of(run)) if is_phone else HIDDEN)


def _is_inside(digit: Digit, spans: Sequence[tuple[int, int]]) -> bool:
    return any(start <= digit.start and digit.end <= end for start, end in spans)


def _replace(text: str, plain: PlainText, replacements: Sequence[_Replacement]) -> str:
    """Return `text` with the replacements, which are in positions of the plain text."""
    parts, at = [], 0
    for one in sorted(replacements, key=lambda one: one.start):
        start, end = plain.original_span(one.start, one.end)
        if start >= at:
            parts += [text[at:start], one.shown]
        at = max(at, end)
    return "".join([*parts, text[at:]])


def _is_card(digits: str) -> bool:
    """Tell whether the digits have the length and the check digit of a payment card (Luhn)."""
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits)))
    return len(digits) in _CARD_LENGTHS and sum(sum(divmod(n, 10)) for n in doubled) % 10 == 0


def _mask_iban(match: re.Match[str]) -> str:
    """Return the masked IBAN if the checksum of ISO 13616 is right, otherwise the text as it is."""
    iban = re.sub(r"[ -]", "", match[0])
    number = "".join(str(int(char, 36)) for char in iban[4:] + iban[:4])
    return f"••• {iban[-_SHOWN:]}" if int(number) % 97 == 1 else match[0]
