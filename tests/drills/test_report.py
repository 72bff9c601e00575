"""The layout of the proof pack on a terminal."""

from datetime import timedelta

from devtools.drills.check_recorder import shown_sql
from devtools.drills.report import MAX_ROWS, table


def test_columns_are_aligned_and_null_is_printed() -> None:
    rows = [(1, None), (12, timedelta(seconds=0.5))]
    assert table(["id", "waited"], rows) == ["id  waited", "--  -------", "1   NULL", "12  0.500 s"]


def test_an_empty_result_is_printed_as_no_rows() -> None:
    assert table(["id"], []) == ["(no rows)"]


def test_a_wide_row_is_shown_as_a_record() -> None:
    lines = table(["id", "words"], [(1, "word " * 30)])
    assert lines[0] == "id     1"
    assert lines[1].startswith("words  word word")
    assert lines[2].startswith("       word")


def test_a_long_table_is_cut_and_prints_the_number_of_missing_rows() -> None:
    lines = table(["id"], [(number,) for number in range(MAX_ROWS + 5)])
    assert lines[-1] == "… 5 more rows"


def test_a_statement_is_shown_with_its_values() -> None:
    sql = "SELECT a::text FROM t WHERE a = :a AND b = :b"
    shown = shown_sql(sql, {"a": "case:1", "b": 2})
    assert shown == "SELECT a::text FROM t WHERE a = 'case:1' AND b = 2"
