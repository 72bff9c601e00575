"""Find digits in a text in all the ways that people write them. Pure.

A digit may be of any script, a keycap, a circled digit, or a word in English, Spanish or
Portuguese. Marks and invisible format characters around it do not count.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

MAX_GAP = 4
"""The most characters between two digits of one run. None of them may be a letter or digit."""

_IGNORED = frozenset({"Mn", "Me", "Cf"})
"""Unicode categories: marks such as a keycap's frame, and format characters such as U+200B."""

_WORDS = (
    ("zero", "cero", "nought"),
    ("one", "uno", "una", "uma", "um"),
    ("two", "dos", "dois", "duas"),
    ("three", "tres"),
    ("four", "cuatro", "quatro"),
    ("five", "cinco"),
    ("six", "seis", "meia"),
    ("seven", "siete", "sete"),
    ("eight", "ocho", "oito"),
    ("nine", "nueve", "nove"),
)
_DIGIT_OF = {word: str(value) for value, words in enumerate(_WORDS) for word in words}
_WORD = "|".join(sorted(_DIGIT_OF, key=len, reverse=True))
_DIGIT = re.compile(rf"[0-9]|(?:{_WORD})(?![a-z])|(?:{_WORD})(?={_WORD})")


@dataclass(frozen=True, slots=True)
class Digit:
    """One digit, and where it stands in the plain text: from `start` to before `end`."""

    value: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class PlainText:
    """A text in simple characters, and for each of them its position in the original.

    Digits are ASCII, letters are small, and accents, marks and format characters are gone.
    The positions end with the length of the original. They are None if each character of the
    plain text stands at the same place in the original.
    """

    text: str
    positions: Sequence[int] | None = None

    def original_span(self, start: int, end: int) -> tuple[int, int]:
        """Return the span in the original that holds `start` to before `end` of the plain text."""
        if self.positions is None:
            return start, end
        return self.positions[start], self.positions[end]


def plain_text(text: str) -> PlainText:
    """Return `text` in simple characters."""
    if text.isascii():
        return PlainText(text.lower())
    pairs = [(plain, at) for at, char in enumerate(text) for plain in _plain_characters(char)]
    return PlainText("".join(plain for plain, _ in pairs), [*(at for _, at in pairs), len(text)])


def find_digits(plain: str) -> list[Digit]:
    """Return all digits of a plain text, in order. A word such as `seven` is a digit too."""
    digits: list[Digit] = []
    for match in _DIGIT.finditer(plain):
        start, end = match.span()
        is_inside_word = end - start > 1 and plain[start - 1 : start].isalpha()
        if not is_inside_word or (digits and digits[-1].end == start):
            digits.append(Digit(_DIGIT_OF.get(match[0], match[0]), start, end))
    return digits


def runs_of(plain: str, digits: Sequence[Digit]) -> Iterator[list[Digit]]:
    """Yield the runs of digits that have at most MAX_GAP characters between neighbours."""
    run = list(digits[:1])
    for before, digit in pairwise(digits):
        if not _is_gap(plain[before.end : digit.start]):
            yield run
            run = []
        run.append(digit)
    if run:
        yield run


def values_of(digits: Iterable[Digit]) -> str:
    """Return the digits as one ASCII string."""
    return "".join(digit.value for digit in digits)


@lru_cache(maxsize=4096)
def _plain_characters(char: str) -> str:
    if char.isascii():
        return char.lower()
    parts = unicodedata.normalize("NFKD", char.lower())
    kept = (part for part in parts if unicodedata.category(part) not in _IGNORED)
    return "".join(_ascii_digit(part) or part for part in kept)


def _ascii_digit(char: str) -> str | None:
    value = unicodedata.numeric(char, -1.0)
    return str(int(value)) if value in range(10) else None


def _is_gap(between: str) -> bool:
    return len(between) <= MAX_GAP and not any(char.isalnum() for char in between)
