"""The forms in which people and programs write a row of digits."""

import base64
import urllib.parse
from collections.abc import Iterator

_ENGLISH = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
_SPANISH = ["cero", "uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve"]
_SEPARATORS = (
    *" -./,_~*|:;\t\n",
    " - ",
    " . ",
    "\r\n",
    *"\u00a0\u00b7\u2009\u2011\u2013\u2014\u2212",
    *"\u00ad\u200b\u2060",
)
_PREFIXES = ("a", "tel", "x", "code:", "code: ", "#", "=", "(", "+", "00", "tel:", "/", "@", "N°")
_ZEROS_OF_SCRIPTS = (0x660, 0x966, 0xFF10, 0x1D7CE)
_KEYCAP = "\ufe0f\u20e3"


def forms_of(digits: str) -> Iterator[str]:
    """Yield `digits` in each form."""
    yield digits
    yield from _separated(digits)
    yield from (prefix + digits for prefix in _PREFIXES)
    yield from _in_other_characters(digits)
    yield from _in_words(digits)
    yield from _encoded(digits)


def _separated(digits: str) -> Iterator[str]:
    for separator in _SEPARATORS:
        yield separator.join(digits)
        yield separator.join((digits[:2], digits[2:4], digits[4:]))


def _in_other_characters(digits: str) -> Iterator[str]:
    for zero in _ZEROS_OF_SCRIPTS:
        yield "".join(chr(zero + int(digit)) for digit in digits)
    yield "".join(digit + _KEYCAP for digit in digits)
    yield "".join("⓪①②③④⑤⑥⑦⑧⑨"[int(digit)] for digit in digits)
    yield f"{digits[:3]}\u0301{digits[3:]}"


def _in_words(digits: str) -> Iterator[str]:
    for words in (_ENGLISH, _SPANISH):
        spelled = [words[int(digit)] for digit in digits]
        yield from (separator.join(spelled) for separator in (" ", "-", ", ", ""))
        yield " ".join(word if at % 2 else digits[at] for at, word in enumerate(spelled))


def _encoded(digits: str) -> Iterator[str]:
    yield base64.b64encode(digits.encode()).decode()
    yield base64.b64encode(digits.encode("utf-16-le")).decode()
    yield base64.urlsafe_b64encode(f"my number is {digits}".encode()).decode()
    yield digits.encode().hex()
    yield hex(int(digits))
    yield urllib.parse.quote(" ".join(digits))
    yield "".join(f"%{ord(digit):02x}" for digit in digits)
    yield "".join(f"\\u{ord(digit):04x}" for digit in digits)
    yield "".join(f"\\x{ord(digit):02x}" for digit in digits)
    yield "".join(f"&#{ord(digit)};" for digit in digits)
    yield "".join(f"&#x{ord(digit):x};" for digit in digits)
    yield f'{{"answer": "{{\\"k\\": \\"{digits}\\"}}"}}'
    yield f"https://example.org/?a={digits}&b"
