"""CONTRIBUTING.md's command for a new revision, run in a copy of the migrations."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

from alembic.script import ScriptDirectory

from app.core.schema import alembic_config
from devtools import ROOT

PAGE = (ROOT / "CONTRIBUTING.md").read_text()


def test_the_command_creates_a_revision_after_the_newest(tmp_path: Path) -> None:
    shutil.copytree(
        ROOT / "migrations", tmp_path / "migrations", ignore=shutil.ignore_patterns("__pycache__")
    )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    newest = ScriptDirectory.from_config(alembic_config("")).get_current_head()
    found = re.search(r"\.venv/bin/alembic (.+)", PAGE)
    assert found

    alembic = Path(sys.executable).with_name("alembic")
    command = ["/bin/sh", "-c", f"{alembic} {found[1].replace('020_', '999_')}"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    made = (tmp_path / "migrations" / "versions" / "999_cc_example.py").read_text()
    assert f'down_revision = "{newest}"' in made
