"""Look for one-time codes and telephone numbers where none may be. Pure."""

import base64
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field

NUMBER_DIGITS = 9
"""The last digits of a number betray it, with the country code or without."""

_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{12,}={0,2}")
_URL_SAFE = str.maketrans("-_", "+/")
_CODE = r"(?<![0-9A-Za-z.]){first}[ -]?{second}(?![0-9A-Za-z])"
_BETWEEN_DIGITS = "[ ().-]{0,2}"


@dataclass(slots=True)
class Seen:
    """The codes and numbers (E.164) that have passed through the drills so far."""

    codes: set[str] = field(default_factory=set)
    numbers: set[str] = field(default_factory=set)

    @property
    def pattern(self) -> str:
        """A regular expression, for Python and PostgreSQL, that finds any of them.

        Digits behind a point are fractions of a second, not a code. Digits may be grouped.
        """
        return "|".join([*map(_code, sorted(self.codes)), *map(_number, sorted(self.numbers))])


def count_leaks(pattern: str, texts: Iterable[str]) -> int:
    """Return how many matches of `pattern` there are in all of `texts`, base64 read too."""
    return sum(
        len(re.findall(pattern, words))
        + sum(len(re.findall(pattern, each)) for each in decoded(words))
        for words in texts
    )


def decoded(words: str) -> Iterator[str]:
    """Yield what each word of base64 in `words` stands for, e.g. that of a message id."""
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
