"""The separate environment of the rivals and of the plot."""

import shutil
import subprocess
import sys
from pathlib import Path

from devtools import ROOT

_LOCK = ROOT / "benchmarks" / "requirements.lock"


def install(folder: Path) -> Path:
    """Return the Python of the locked environment in `folder`; create it if it is missing."""
    python, kept = folder / "bin" / "python", folder / _LOCK.name
    if not (kept.exists() and kept.read_text() == _LOCK.read_text()):
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        pip: list[str | Path] = [python, "-m", "pip", "-qq", "--disable-pip-version-check"]
        subprocess.run([*pip, "install", "--no-deps", "--require-hashes", "-r", _LOCK], check=True)
        subprocess.run([python, "-m", "pip", "check"], check=True)
        shutil.copy(_LOCK, kept)
    return python


def versions(python: Path) -> dict[str, str]:
    """Return the versions of the rivals."""
    names = ("pgqueuer", "asyncpg", "uvloop", "procrastinate")
    code = "import sys, importlib.metadata as m; print(*map(m.version, sys.argv[1:]))"
    found = subprocess.check_output([python, "-c", code, *names], text=True).split()
    return dict(zip(names, found, strict=True))


def plot(python: Path, results: Path) -> None:
    """Plot `results` as a PNG file in the same folder."""
    script = ROOT / "benchmarks" / "plot.py"
    subprocess.run([python, script, results, results.with_suffix(".png")], check=True)
