"""Names are terms of the field, and a file name names one module."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from devtools import ROOT

FOLDERS = ("app", "workers", "devtools")
FILES = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))]

METAPHORS = frozenset(
    {
        *("alarm", "bell", "book", "caution", "climb", "courier", "desk", "door", "funeral"),
        *("heart", "knock", "ledger", "lend", "mend", "overheard", "passage", "plant", "scene"),
        *("speaks", "stage", "standing", "stranger", "watch"),
    }
)
"""Words that stood for a term of the field, such as `desk` for composer and `book` for recorder."""

SHARED_FILE_NAMES = {
    **dict.fromkeys(("__init__", "__main__"), "Python gives them their meaning"),
    **dict.fromkeys(("models", "queries"), "each feature has its tables and its reads"),
    **dict.fromkeys(
        (
            "bulk",
            "inbox",
            "events",
            "exports",
            "cases",
            "customers",
            "notifications",
            "outbound",
            "reports",
            "saved_views",
            "sessions",
            "timelines",
            "verifications",
        ),
        "a view is named for its feature",
    ),
    "timeline": "each feature selects its own entries of a timeline",
    "decisions": "each feature has its pure rules",
}
"""File names that several modules may have, and why."""


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_class_or_function_has_a_metaphor_in_its_name(path: Path) -> None:
    assert [name for name in _defined_names(path) if _words(name) & METAPHORS] == []


def test_two_modules_have_the_same_file_name_only_if_it_is_a_shared_one() -> None:
    paths: dict[str, list[str]] = defaultdict(list)
    for path in FILES:
        if path.stem not in SHARED_FILE_NAMES:
            paths[path.stem].append(path.relative_to(ROOT).as_posix())
    assert {name: same for name, same in paths.items() if len(same) > 1} == {}


def test_every_shared_file_name_is_in_use_by_several_modules() -> None:
    stems = [path.stem for path in FILES]
    assert [name for name in SHARED_FILE_NAMES if stems.count(name) < 2] == []


@pytest.mark.parametrize(
    "name, words",
    [
        ("CheckRecorder", {"check", "recorder"}),
        ("_own_stage", {"own", "stage"}),
        ("SQLWatch", {"sql", "watch"}),
        ("heartbeat", {"heartbeat"}),
    ],
)
def test_a_name_is_split_into_words(name: str, words: set[str]) -> None:
    assert _words(name) == words


def _defined_names(path: Path) -> Iterator[str]:
    definitions = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, definitions):
            yield node.name


def _words(name: str) -> set[str]:
    """Return the words of a name in CamelCase or snake_case."""
    found = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)
    return {word.lower() for word in found}
