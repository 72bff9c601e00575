"""What a person types into the search of the inbox. Pure."""

import re
import unicodedata
from dataclasses import dataclass

from app.core.paging import MAX_ID

_ITEM = re.compile(r"#\s?(\d{1,19})")
_CASE = re.compile(r"case\s?[ :#]\s?(\d{1,19})", re.IGNORECASE)
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class ItemId:
    """The id of one item, as in `#937`."""

    id: int


@dataclass(frozen=True, slots=True)
class CaseId:
    """The items of one case, as in `case 5` or `case:5`."""

    id: int

    @property
    def tsquery(self) -> str:
        """The query for the end of the link to the case."""
        return f"automation <-> cases <-> {self.id}"


@dataclass(frozen=True, slots=True)
class Words:
    """Words that an item must all have, in lower case and without accents."""

    words: tuple[str, ...]

    @property
    def tsquery(self) -> str:
        """The query for `to_tsquery`. A word matches its beginning, a number the whole."""
        return " & ".join(word if word.isdigit() else f"{word}:*" for word in self.words)


Terms = ItemId | CaseId | Words


def parse_terms(text: str) -> Terms:
    """Return what `text` looks for. Without a letter or digit it has no words, and finds nothing.

    Numbers that no row can have are searched as words.
    """
    for pattern, kind in ((_ITEM, ItemId), (_CASE, CaseId)):
        if (match := pattern.fullmatch(text.strip())) and 1 <= int(match[1]) <= MAX_ID:
            return kind(int(match[1]))
    return Words(tuple(_WORD.findall(_fold(text))))


def _fold(text: str) -> str:
    """Return `text` as the index has it: lower case, without accents."""
    decomposed = unicodedata.normalize("NFKD", text.lower())
    return "".join(each for each in decomposed if not unicodedata.combining(each))
