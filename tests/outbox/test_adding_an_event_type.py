"""Executes the steps of `docs/adding-an-event-type.md` in a copy of the sources."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from app.outbox.events import CATALOGUE
from devtools import ROOT

PAGE = (ROOT / "docs" / "adding-an-event-type.md").read_text()
BLOCKS = re.findall(r'```python title="(.+?)"\n(.+?)```', PAGE, re.DOTALL)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Return a folder with the product and its tests."""
    for name in ("app", "devtools", "migrations", "tests"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, tmp_path / "copy" / name, ignore=ignored)
    shutil.copy(ROOT / "pyproject.toml", tmp_path / "copy")
    return tmp_path / "copy"


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def write(folder: Path, title: str, code: str) -> None:
    """Append the code of the page to a file, or create the file."""
    path = folder / title
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        file.write(f"\n\n{code}" if path.stat().st_size else code)


def test_following_the_page_adds_a_type_that_reaches_the_inbox(copy: Path) -> None:
    for title, code in BLOCKS:
        write(copy, title, code)

    followed = run(copy, "-m", "pytest", "-q", "-p", "no:cacheprovider", BLOCKS[-1][0])
    linted = run(copy, "-m", "ruff", "check", "--no-cache", *(title for title, _code in BLOCKS))

    assert followed.returncode == 0, followed.stdout + followed.stderr
    assert "1 passed" in followed.stdout
    assert linted.returncode == 0, linted.stdout


def test_no_process_starts_if_the_event_type_has_no_draft(copy: Path) -> None:
    write(copy, *BLOCKS[0])
    started = run(copy, "-c", "from app.dispatch.draft_coverage import *; check_draft_coverage()")
    assert "There is no draft function for events of type refund_overdue" in started.stderr


def test_every_type_is_in_the_table() -> None:
    rows = {line.split("`")[1] for line in PAGE.splitlines() if line.startswith("| `")}
    assert rows == set(CATALOGUE)
