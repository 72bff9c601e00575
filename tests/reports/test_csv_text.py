"""CSV that a spreadsheet reads as text, whatever a customer wrote."""

import csv
import io
import re
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.reports.csv_text import cell_of, csv_of, harmless

FORMULA = "=+-@＝＋－＠"  # noqa: RUF001 - full width
NASTY = st.text(
    st.one_of(st.sampled_from(FORMULA + ",;|\t\r\n\"' \v\fa1"), st.characters(codec="utf-8"))
)


@pytest.mark.parametrize(
    "text, safe",
    [
        ("=1+1", "'=1+1"),
        ("+34", "'+34"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "\t'=1"),
        ("\r=1", "\r'=1"),
        ("  =1", "  '=1"),
        ('"=1', "\"'=1"),
        ("a;=1", "a;'=1"),
        ("＝1", "'＝1"),  # noqa: RUF001 - full width
        ("2026-11-21", "2026-11-21"),
        ("a=1", "a=1"),
        ("\x00=1", "'=1"),
        ("", ""),
    ],
)
def test_what_could_begin_a_formula_gets_an_apostrophe(text: str, safe: str) -> None:
    assert harmless(text) == safe


@given(st.lists(NASTY, min_size=1))
@example(['","=1'])
@example(["x\r\n=1"])
def test_no_cell_begins_with_a_formula_however_the_text_is_split(texts: list[str]) -> None:
    cells = re.split(r"[,;|\t\r\n\v\f\"]", csv_of([texts]))
    assert [cell for cell in cells if cell.strip()[:1] in set(FORMULA)] == []


@given(st.lists(st.lists(NASTY, min_size=2, max_size=2), min_size=1))
def test_a_reader_gets_back_every_cell(rows: list[list[str]]) -> None:
    written = csv_of(rows)
    assert written.endswith('"\r\n')
    read = list(csv.reader(io.StringIO(written, newline=""), strict=True))
    assert read == [[harmless(text) for text in row] for row in rows]


def test_values_are_written_for_programs() -> None:
    moment = datetime(2026, 11, 21, 12, tzinfo=UTC)
    cells = [cell_of(value) for value in (None, True, 7, moment, "a")]
    assert cells == ["", "true", "7", "2026-11-21T12:00:00+00:00", "a"]
