"""Find texts that are written in an encoding: base64, escapes, hexadecimal. Pure."""

import base64
import binascii
import re
from collections.abc import Callable

_BASE64 = re.compile(
    r"(?<![A-Za-z0-9+/_-])(?=[A-Za-z0-9+/_-]*[A-Z])(?=[A-Za-z0-9+/_-]*[a-z0-9])"
    r"[A-Za-z0-9+/_-]{8,}={0,2}(?![A-Za-z0-9+/_-])"
)
_HEXADECIMAL = re.compile(r"\b0x[0-9a-f]{5,13}\b", re.IGNORECASE)
_ESCAPE = re.compile(
    r"%(?P<percent>2b|20|3[0-9])|\\u00(?P<unicode>2b|20|3[0-9])|\\x(?P<byte>2b|20|3[0-9])"
    r"|&#x0*(?P<hexadecimal>2b|20|3[0-9]);|&#0*(?P<decimal>43|32|4[89]|5[0-7]);",
    re.IGNORECASE,
)


def unescape_digits(text: str) -> str:
    r"""Return `text` with the escapes of digits, plus and space resolved.

    Escapes are those of URLs (`%35`), of JSON and Python (`\u0035`, `\x35`), and of HTML
    (`&#53;`). Other escapes stay as they are.
    """
    return _ESCAPE.sub(_character_of, text)


def replace_encoded(text: str, replace: Callable[[str], str | None]) -> str:
    """Replace each encoded part of `text` for which `replace` returns a text.

    `replace` gets the decoded part. A part is base64 (standard or for URLs) of printable text,
    or a hexadecimal number with `0x`, which is decoded to its decimal digits.
    """

    def decoded_or_same(match: re.Match[str], decode: Callable[[str], str | None]) -> str:
        decoded = decode(match[0])
        replaced = replace(decoded) if decoded is not None else None
        return match[0] if replaced is None else replaced

    text = _HEXADECIMAL.sub(lambda match: decoded_or_same(match, _decimal_of), text)
    return _BASE64.sub(lambda match: decoded_or_same(match, _decode_base64), text)


def _character_of(match: re.Match[str]) -> str:
    if match["decimal"]:
        return chr(int(match["decimal"]))
    return chr(int(next(group for group in match.groups() if group), 16))


def _decimal_of(number: str) -> str:
    return str(int(number, 16))


def _decode_base64(token: str) -> str | None:
    standard = token.rstrip("=").translate({ord("-"): "+", ord("_"): "/"})
    try:
        data = base64.b64decode(standard + "=" * (-len(standard) % 4), validate=True)
        text = data.replace(b"\0", b"").decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
    return text if text.isprintable() else None
