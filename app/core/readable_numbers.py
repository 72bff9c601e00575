"""Find numbers in a text that are neither a telephone number nor a code. Pure."""

import re
from collections.abc import Iterator

_CURRENCY = (
    r"usd|eur|gbp|cop|mxn|ars|brl|clp|pen|pesos?|euros?|dollars?|dolar(?:es)?"
    r"|pounds?|libras?|reais|real(?:es)?|soles"
)
_AMOUNT = r"(?:[0-9]{1,3}(?:[.,' ][0-9]{3}){1,2}|[0-9]{1,8})(?:[.,][0-9]{1,2})?"
_MONEY = re.compile(
    rf"(?:[$€£]|\b(?:{_CURRENCY})\b)\s?{_AMOUNT}(?![0-9])"
    rf"|(?<![0-9.,]){_AMOUNT}\s?(?:[$€£]|(?:{_CURRENCY})\b)",
)
_TIME = r"(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]+)?)?(?:[+-][0-9]{2}:?[0-9]{2}|z)?"
_DATE = r"(?:19|20)[0-9]{2}-[01][0-9](?:-[0-3][0-9])?"
_MOMENT = re.compile(rf"(?<![0-9:])(?:{_DATE}(?:[t ]{_TIME})?|{_TIME})(?![0-9:])")
_MEASURE = re.compile(
    r"(?<![\w.])(?:0\.[0-9]+(?![\w.])|[0-9]{1,5}\.[0-9]+\s?(?:s|ms|us|seconds?|%|[kmg]i?b)(?!\w))"
)
_REFERENCE = re.compile(
    r"\b(?:case|item|event|job|message|verification|run|slot|line|port|pid)s?"
    r"[ :/#]+[0-9]{1,8}(?!\w)"
)
_BYTE = r"(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])"
_ADDRESS = re.compile(rf"(?<![\w.])(?:{_BYTE}\.){{3}}{_BYTE}(?::[0-9]{{1,5}})?(?![\w.])")
_HASH = re.compile(
    r"(?<![0-9a-f])(?:[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"
    r"|(?=[0-9]*[a-f])(?:[0-9a-f]{64}|[0-9a-f]{40}|[0-9a-f]{32}))(?![0-9a-f])"
)

_MILLIONS = re.compile(r"(?<![0-9.,])[0-9]{1,2},[0-9]{3},[0-9]{3}(?![0-9]|,[0-9])")

_OF_PEOPLE = (_MONEY, _MOMENT, _MILLIONS)
_OF_PROGRAMS = (*_OF_PEOPLE, _MEASURE, _REFERENCE, _ADDRESS, _HASH)


def readable_spans(plain: str, *, of_a_person: bool) -> Iterator[tuple[int, int]]:
    """Yield the spans of numbers that may be shown, in a text in simple characters.

    Those are amounts of money with their currency, millions with commas, dates and times. In a
    text of a program, i.e. not `of_a_person`, they are also measures, references such as
    `case:42`, IPv4 addresses, UUIDs and hexadecimal digests.
    """
    for pattern in _OF_PEOPLE if of_a_person else _OF_PROGRAMS:
        for match in pattern.finditer(plain):
            yield match.span()
