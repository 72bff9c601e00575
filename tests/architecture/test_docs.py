"""The pages of the documentation agree with the code, and their links lead somewhere."""

import re
from collections.abc import Iterator
from datetime import time
from pathlib import Path

import pytest
from pydantic.fields import FieldInfo

from app.core.settings import Settings
from app.web.pages.act_words import REASON_NAMES
from app.web.pages.keyboard import KEYS
from devtools import ROOT

FOLDERS = ("", "docs", "deploy")
PAGES = [page for folder in FOLDERS for page in sorted((ROOT / folder).glob("*.md"))]
TREES = ("app", "workers", "migrations", "devtools", "tests", "benchmarks", "docs", "deploy")
LINK = re.compile(r"\]\(([^)\s]+)\)")
NAMED = re.compile(rf"`((?:{'|'.join(TREES)})/[\w./-]*)`")
TWO_CELLS = re.compile(r"^\| (.+?) \| ([^|]+?) \|$", re.MULTILINE)
FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)


def test_every_setting_is_documented_with_its_default() -> None:
    documented = dict(_rows((ROOT / "docs" / "settings.md").read_text()))
    expected = {
        name: _default(Settings.model_fields[field]) for name, field in Settings.variables().items()
    }
    assert documented == expected


def test_the_page_on_the_inbox_has_every_key_and_every_reason() -> None:
    page = (ROOT / "docs" / "inbox.md").read_text()
    keys = [(key.keys, key.words) for group in KEYS.values() for key in group]
    assert [(row, words) for row, words in TWO_CELLS.findall(page) if (row, words) in keys] == keys
    reasons = [(f"`{reason}`", name) for reason, name in REASON_NAMES.items()]
    assert [row for row in TWO_CELLS.findall(page) if row[0].startswith("`")] == reasons


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_to_a_file_and_a_heading(page: Path) -> None:
    assert [link for link in _links(page) if not _leads_somewhere(page, link)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_that_a_page_names_exists(page: Path) -> None:
    named = NAMED.findall(FENCED.sub("", page.read_text()))
    assert [path for path in named if not (ROOT / path).exists()] == []


@pytest.mark.parametrize(
    "heading, anchor",
    [
        (
            "## The row is the truth, the message is a hint",
            "the-row-is-the-truth-the-message-is-a-hint",
        ),
        ("### Set `AUTOMATION_NOTIFY=0`", "set-automation_notify0"),
    ],
)
def test_an_anchor_is_made_as_github_makes_it(heading: str, anchor: str) -> None:
    assert _anchors(heading) == {anchor}


def _rows(page: str) -> Iterator[tuple[str, str]]:
    """Return the variable and the default of each row of the tables."""
    for line in page.splitlines():
        if line.startswith("| `"):
            _, variable, default, *_ = (cell.strip() for cell in line.split("|"))
            yield variable.strip("`"), default


def _default(field: FieldInfo) -> str:
    """Return the default of a setting as the page writes it."""
    match field.default:
        case _ if field.is_required():
            return "required"
        case None:
            return "unset"
        case bool(switch):
            return str(int(switch))
        case time() as moment:
            return f"{moment:%H:%M}"
        case float(number):
            return f"{number:g}"
        case value:
            return str(value)


def _links(page: Path) -> list[str]:
    found = LINK.findall(FENCED.sub("", page.read_text()))
    return [link for link in found if not link.startswith(("http://", "https://", "mailto:"))]


def _leads_somewhere(page: Path, link: str) -> bool:
    name, _, anchor = link.partition("#")
    target = page.parent / name if name else page
    return target.exists() and (not anchor or anchor in _anchors(target.read_text()))


def _anchors(markdown: str) -> set[str]:
    """Return the anchors that GitHub gives to the headings."""
    headings = re.findall(r"^#+ (.+)$", FENCED.sub("", markdown), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
