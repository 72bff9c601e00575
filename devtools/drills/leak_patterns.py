"""Patterns that find one-time codes and telephone numbers in text. Pure."""

import base64
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field

NUMBER_DIGITS = 9
"""The number of last digits that identify a number, with or without its country code."""

_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{12,}={0,2}")
_URL_SAFE = str.maketrans("-_", "+/")
_CODE = r"(?<![0-9A-Za-z.]){first}[ -]?{second}(?![0-9A-Za-z])"
_BETWEEN_DIGITS = "[ ().-]{0,2}"


@dataclass(slots=True)
class SeenSecrets:
    """The codes and numbers (E.164) that the drills have used so far."""

    codes: set[str] = field(default_factory=set)
    numbers: set[str] = field(default_factory=set)

    @property
    def pattern(self) -> str:
        """A regular expression for Python and PostgreSQL that matches any of them.

        Digits may be grouped. Digits after a decimal point do not match as a code, because
        they are fractions of a second.
        """
        return "|".join([*map(_code, sorted(self.codes)), *map(_number, sorted(self.numbers))])


def count_leaks(pattern: str, texts: Iterable[str]) -> int:
    """Return the number of matches of `pattern` in `texts`, also inside base64."""
    return sum(
        len(re.findall(pattern, words))
        + sum(len(re.findall(pattern, each)) for each in decoded(words))
        for words in texts
    )


def decoded(words: str) -> Iterator[str]:
    """Yield the decoded form of each base64 word in `words`, e.g. in a message id."""
    for match in _BASE64.finditer(words):
        plain = match[0].rstrip("=").translate(_URL_SAFE)
        whole = plain[: len(plain) // 4 * 4]
        yield base64.b64decode(whole).decode("latin-1")


def links_in(page: str) -> Collection[str]:
    """Return the addresses below `/automation` that a page links to."""
    found = re.findall(r'href="(/automation[^"#]*)"', page)
    return {address.replace("&amp;", "&") for address in found}


def _code(code: str) -> str:
    return _CODE.format(first=code[:3], second=code[3:])


def _number(number: str) -> str:
    return _BETWEEN_DIGITS.join(number[-NUMBER_DIGITS:])
