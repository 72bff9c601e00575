"""Write rows as CSV (RFC 4180) that a spreadsheet does not run as formulas. Pure.

A spreadsheet runs a cell that begins with =, +, - or @, also if it is quoted. It may split a line
at another character than the comma, so a formula may also begin after a semicolon, a tab, a bar,
a quote or a line break. An apostrophe before the character makes it text. The text begins with a
byte order mark, because Excel reads UTF-8 only with one.
"""

import csv
import io
import re
from collections.abc import Iterable
from datetime import datetime
from enum import Enum

BYTE_ORDER_MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"

_FORMULA = re.compile(r"(^|[,;|\t\r\n\v\f\"])(\s*)(?=[=+\-@＝＋－＠])")  # noqa: RUF001 - full width

Value = str | int | bool | datetime | None


def csv_of(rows: Iterable[Iterable[Value]]) -> str:
    """Return `rows` as CSV. Lines end with CR LF, and every field is quoted."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n", quoting=csv.QUOTE_ALL)
    writer.writerows([cell_of(value) for value in row] for row in rows)
    return text.getvalue()


def cell_of(value: Value) -> str:
    """Return the text of a cell. A time is in ISO 8601 and UTC, and None is empty."""
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case datetime():
            return value.isoformat()
        case Enum():
            return str(value.value)
        case int():
            return str(value)
        case str():
            return harmless(value)


def harmless(text: str) -> str:
    """Return `text` with an apostrophe before each character that could begin a formula."""
    return _FORMULA.sub(r"\1\2'", text.replace("\x00", ""))
