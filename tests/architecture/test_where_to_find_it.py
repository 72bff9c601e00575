"""The table "Where to find it" of `docs/architecture.md` leads to the code that answers."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from devtools import ROOT

PAGE = (ROOT / "docs" / "architecture.md").read_text()
SECTION = PAGE.partition("## Where to find it")[2].partition("\n## ")[0]
ROWS = re.findall(r"^\| (.+\?) \| `(.+?)` \| `(.+?)` \|$", SECTION, re.MULTILINE)
SOURCES = [*(ROOT / "app").rglob("*.py"), *(ROOT / "workers").rglob("*.py")]


@cache
def _defined_in(source: Path) -> set[str]:
    definitions = (ast.FunctionDef, ast.ClassDef)
    nodes = ast.walk(ast.parse(source.read_text()))
    return {node.name for node in nodes if isinstance(node, definitions)}


def test_every_row_of_the_table_is_read() -> None:
    assert len(ROWS) == SECTION.count("\n| ") - 1 >= 5


@pytest.mark.parametrize("question, path, name", ROWS)
def test_one_file_alone_defines_what_answers(question: str, path: str, name: str) -> None:
    assert name in _defined_in(ROOT / path), question
    others = [source for source in SOURCES if source != ROOT / path]
    assert [each for each in others if name in _defined_in(each)] == []
