"""The proof pack as text for a terminal, as Markdown and as JSON. Pure."""

import json
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import timedelta
from textwrap import wrap
from typing import Any

from devtools.drills.evidence import Check, ProofPack, Row, Section

TICK, CROSS = "✓", "✗"
MAX_ROWS = 60
MAX_CELL = 70
WIDE = 110
"""One or two rows that are wider than this are shown as records, with a line per column."""
MAX_RECORDS = 2
LINE = 100


def heading(number: str, title: str) -> str:
    """Return the heading of a section for a terminal."""
    line = f"{number}  {title}"
    return f"\n{line}\n{'─' * len(line)}"


def shown_check(check: Check) -> str:
    """Return a check for a terminal: its statement, source and result."""
    lines = [f"  {TICK if check.passed else CROSS} {check.statement}"]
    lines += [f"      {line}" for line in check.source.splitlines()]
    lines += [f"      {line}" for line in table(check.columns, check.rows)]
    if not check.passed and check.expected:
        lines.append(f"      expected: {check.expected}")
    return "\n".join([*lines, ""])


def summary(pack: ProofPack) -> str:
    """Return the last lines: one line per section, and the result."""
    lines = [""]
    for section in pack.sections:
        passed = sum(check.passed for check in section.checks)
        mark = TICK if section.passed else CROSS
        lines.append(f"{mark} {section.number:>2}  {section.title}: {passed}/{len(section.checks)}")
        lines += [f"       left out: {why}" for why in section.left_out]
    count = sum(len(section.checks) for section in pack.sections)
    verdict = "every check passed" if pack.passed else f"{pack.failures} failed"
    return "\n".join([*lines, "", f"{count} checks, {verdict}, in {pack.seconds:.0f} s."])


def table(columns: Sequence[str], rows: Sequence[Row]) -> list[str]:
    """Return the lines of an aligned table; a last line counts the rows beyond MAX_ROWS."""
    if not rows:
        return ["(no rows)"]
    if len(rows) <= MAX_RECORDS and _is_wide(columns, rows):
        return [line for row in rows for line in _record(columns, row)]
    cells = [[_cell(value) for value in row] for row in rows[:MAX_ROWS]]
    header = list(columns)
    widths = [max(map(_width, column)) for column in zip(header, *cells, strict=True)]
    lines = [_aligned(row, widths) for row in (header, *cells)]
    lines.insert(1, "  ".join("-" * width for width in widths))
    if len(rows) > MAX_ROWS:
        lines.append(f"… {len(rows) - MAX_ROWS} more rows")
    return lines


def as_markdown(pack: ProofPack) -> str:
    """Return the whole pack as Markdown."""
    verdict = "passed" if pack.passed else f"{pack.failures} checks failed"
    parts = [f"# Proof pack: {verdict}", "", f"{pack.started_at}, {pack.stack}."]
    parts += [line for section in pack.sections for line in _section(section)]
    return "\n".join([*parts, ""])


def as_json(pack: ProofPack) -> str:
    """Return the whole pack as JSON."""
    whole = {"passed": pack.passed, "failures": pack.failures, **asdict(pack)}
    return json.dumps(whole, indent=2, ensure_ascii=False, default=_text)


def _section(section: Section) -> Iterator[str]:
    yield f"\n## {section.number} {section.title} {TICK if section.passed else CROSS}\n"
    for check in section.checks:
        yield f"**{TICK if check.passed else CROSS} {check.statement}**\n"
        lines = [check.source, "", *table(check.columns, check.rows)]
        if not check.passed and check.expected:
            lines.append(f"expected: {check.expected}")
        yield "\n".join(["```text", *lines, "```\n"])
    for why in section.left_out:
        yield f"Left out: {why}\n"


def _is_wide(columns: Sequence[str], rows: Sequence[Row]) -> bool:
    cells = [[_text(value) for value in row] for row in rows]
    width = sum(max(map(_width, column)) + 2 for column in zip(columns, *cells, strict=True))
    return width > WIDE or any(
        len(cell) > MAX_CELL or "\n" in cell for row in cells for cell in row
    )


def _record(columns: Sequence[str], row: Row) -> Iterator[str]:
    """Yield the lines of a record: the name of each column, then its value."""
    widest = max(map(_width, columns))
    for name, value in zip(columns, row, strict=True):
        lines = [
            part
            for line in _text(value).splitlines()
            for part in wrap(line, LINE, drop_whitespace=False)
        ] or [""]
        yield f"{name}{' ' * (widest - _width(name))}  {lines[0]}".rstrip()
        yield from (f"{' ' * widest}  {line}".rstrip() for line in lines[1:])


def _cell(value: Any) -> str:
    words = " ".join(_text(value).split())
    return words if len(words) <= MAX_CELL else f"{words[: MAX_CELL - 1]}…"


def _text(value: Any) -> str:
    match value:
        case None:
            return "NULL"
        case bool():
            return "t" if value else "f"
        case timedelta():
            return f"{value.total_seconds():.3f} s"
        case dict() | list():
            return json.dumps(value, ensure_ascii=False, default=str)
        case _:
            return str(value)


def _aligned(row: Sequence[str], widths: Sequence[int]) -> str:
    cells = (cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True))
    return "  ".join(cells).rstrip()


def _width(cell: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in cell)
