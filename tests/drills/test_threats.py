"""docs/threats.md lists the requests of the drill, and names tests that exist."""

import re

from devtools import ROOT
from devtools.drills.bad_requests import BAD_REQUESTS

PAGE = (ROOT / "docs" / "threats.md").read_text()


def test_the_page_lists_exactly_the_requests_of_the_drill() -> None:
    listed = re.findall(r"^\| `([A-Z]+ /[^`]*)` \| (.*) \| (\d{3}) \|$", PAGE, re.MULTILINE)
    assert listed == [(each.endpoint, each.description, str(each.status)) for each in BAD_REQUESTS]


def test_every_test_that_the_page_names_exists() -> None:
    tests = "\n".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    named = re.findall(r"`(test_\w+)`", PAGE)
    assert named
    assert [name for name in named if f"def {name}(" not in tests] == []
