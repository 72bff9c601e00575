"""Classify the text of a message with a table of phrases, and find codes in it. Pure.

Texts are compared casefolded, without accents, apostrophes and punctuation. A command must be
the whole message. A phrase that reports fraud may appear anywhere, as whole words. In doubt a
message is a report, because a missed report is worse than an unnecessary code. To add a phrase,
add it here and to `tests/fraud/test_phrases.py`.
"""

import re
import unicodedata
from dataclasses import dataclass, field
from enum import StrEnum

CODE_DIGITS = 6
LONGEST_CODE_MESSAGE = 40
"""Characters. Six digits in a longer text are an amount or a reference, not a code."""


class Language(StrEnum):
    """The languages of replies."""

    ENGLISH = "en"
    SPANISH = "es"


class Command(StrEnum):
    """The commands that a customer can send."""

    HELP = "help"
    RESEND = "resend"
    CANCEL = "cancel"


REPORTS: dict[Language, tuple[str, ...]] = {
    Language.ENGLISH: (
        "fraud",
        "frauds",
        "fraudulent",
        "fraudster",
        "scam",
        "scams",
        "scammed",
        "scammer",
        "stolen",
        "stole",
        "hacked",
        "identity theft",
        "unauthorized",
        "unauthorised",
        "suspicious charge",
        "suspicious payment",
        "suspicious transaction",
        "didnt make this",
        "did not make this",
        "dont recognize",
        "dont recognise",
        "do not recognize",
        "do not recognise",
    ),
    Language.SPANISH: (
        "fraude",
        "fraudes",
        "fraudulento",
        "fraudulenta",
        "estafa",
        "estafas",
        "estafado",
        "estafada",
        "estafaron",
        "timo",
        "robo",
        "robado",
        "robada",
        "robaron",
        "hackeado",
        "hackeada",
        "hackearon",
        "clonado",
        "clonada",
        "clonaron",
        "suplantacion",
        "no autorizado",
        "no autorizada",
        "no autorice",
        "no reconozco",
        "cargo sospechoso",
        "pago sospechoso",
    ),
}

COMMANDS: dict[Language, dict[Command, tuple[str, ...]]] = {
    Language.ENGLISH: {
        Command.HELP: ("help", "menu", "info", "start"),
        Command.RESEND: (
            "resend",
            "resend code",
            "resend the code",
            "send again",
            "send it again",
            "new code",
            "another code",
        ),
        Command.CANCEL: ("cancel", "stop", "quit"),
    },
    Language.SPANISH: {
        Command.HELP: ("ayuda", "inicio"),
        Command.RESEND: (
            "reenviar",
            "reenviar codigo",
            "reenviar el codigo",
            "enviar de nuevo",
            "nuevo codigo",
            "otro codigo",
        ),
        Command.CANCEL: ("cancelar", "anular", "parar"),
    },
}

GREETINGS: dict[Language, tuple[str, ...]] = {
    Language.ENGLISH: ("hello", "hi", "hey", "good morning", "thanks", "thank you", "please"),
    Language.SPANISH: ("hola", "buenos dias", "buenas tardes", "buenas", "gracias", "por favor"),
}
"""Words that show the language of a message without other known phrases."""

COURTESIES = ("ok", "okay", "bye", "vale", "adios", "muchas", "very much")
"""Further words that a message of greetings and thanks may contain."""

_CODE = re.compile(rf"(?<!\d)(?<!\d[ .-])\d(?:[ .-]?\d){{{CODE_DIGITS - 1}}}(?![ .-]?\d)")
_COURTEOUS = "|".join((*GREETINGS[Language.ENGLISH], *GREETINGS[Language.SPANISH], *COURTESIES))
_COURTESY = re.compile(rf"(?:\b(?:{_COURTEOUS})\b *)*")
_ONLY_DIGITS = re.compile(r"[\d .-]{3,20}")
_APOSTROPHES = re.compile("['`\u00b4\u2018\u2019]")
_NOT_WORDS = re.compile(r"[^\w]+")


@dataclass(frozen=True, slots=True)
class Report:
    """A report of fraud."""

    text: str
    language: Language


@dataclass(frozen=True, slots=True)
class Request:
    """A command."""

    command: Command
    language: Language


@dataclass(frozen=True, slots=True)
class Code:
    """Six digits, with or without spaces and dashes, in a short text."""

    digits: str
    has_words: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class MistypedCode:
    """Only digits, but not six."""


@dataclass(frozen=True, slots=True)
class SmallTalk:
    """Any other text; `language` is None if it is unknown.

    `is_courtesy`: the text has only greetings and thanks, or no words.
    """

    language: Language | None = None
    is_courtesy: bool = False


@dataclass(frozen=True, slots=True)
class Unsupported:
    """A message without text: an image, a sticker, a reaction, a voice note."""


@dataclass(frozen=True, slots=True)
class Echo:
    """Our own text, sent back by a machine."""


@dataclass(frozen=True, slots=True)
class Deletion:
    """The customer deleted a message."""


Said = Report | Request | Code | MistypedCode | SmallTalk | Unsupported | Echo | Deletion


def understand(text: str | None) -> Said:
    """Return the class of a message; `text` is None for a message without text."""
    if text is None:
        return Unsupported()
    words = normalise(text)
    return (
        _as_command(words)
        or _as_report(text, words)
        or _as_code(_plain_digits(text).strip())
        or SmallTalk(_language_of(words), is_courtesy=_COURTESY.fullmatch(words) is not None)
    )


def normalise(text: str) -> str:
    """Return `text` casefolded, without accents, apostrophes and punctuation, single-spaced."""
    decomposed = unicodedata.normalize("NFKD", _APOSTROPHES.sub("", text).casefold())
    bare = "".join(char for char in decomposed if not unicodedata.combining(char))
    return _NOT_WORDS.sub(" ", bare).strip()


def _as_command(words: str) -> Request | None:
    for language, commands in COMMANDS.items():
        for command, phrases in commands.items():
            if words in phrases:
                return Request(command, language)
    return None


def _as_report(text: str, words: str) -> Report | None:
    language = _first_with_phrase(REPORTS, words)
    return Report(text.strip(), language) if language else None


def _as_code(text: str) -> Code | MistypedCode | None:
    found = _CODE.findall(text)
    if len(found) == 1 and len(text) <= LONGEST_CODE_MESSAGE:
        return Code(re.sub(r"\D", "", found[0]), has_words=not _ONLY_DIGITS.fullmatch(text))
    return MistypedCode() if _ONLY_DIGITS.fullmatch(text) else None


def _language_of(words: str) -> Language | None:
    return _first_with_phrase(GREETINGS, words)


def _first_with_phrase(table: dict[Language, tuple[str, ...]], words: str) -> Language | None:
    padded = f" {words} "
    for language, phrases in table.items():
        if any(f" {phrase} " in padded for phrase in phrases):
            return language
    return None


def _plain_digits(text: str) -> str:
    """Return `text` with the decimal digits of any script as ASCII."""
    return "".join(str(unicodedata.decimal(char)) if char.isdecimal() else char for char in text)
