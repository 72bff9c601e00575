"""The product's wheel, installed and started without access to the sources."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from app.core.settings import Settings
from devtools import ROOT
from devtools.stack.ports import free_port
from devtools.stack.programs import Program, running
from tests.environment import environment_of


@dataclass(frozen=True, slots=True)
class Installed:
    """The folder of the installed wheel, and a working folder without sources."""

    packages: Path
    elsewhere: Path

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-P", "-m", "app.cli", *arguments]

    def environ(self, settings: Settings, **changes: str) -> dict[str, str]:
        path = {"PYTHONPATH": str(self.packages)}
        return os.environ | environment_of(settings) | path | changes

    def run(self, command: Sequence[str], environ: dict[str, str]) -> str:
        done = subprocess.run(
            command,
            cwd=self.elsewhere,
            env=environ,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "-qq", "--disable-pip-version-check"]
    build = ["wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder)]
    sources = _copy_of_sources(folder / "sources")
    subprocess.run([*pip, *build, str(sources)], check=True)
    (wheel,) = folder.glob("*.whl")
    packages = folder / "packages"
    subprocess.run([*pip, "install", "--no-deps", "--target", packages, wheel], check=True)
    (folder / "elsewhere").mkdir()
    return Installed(packages, folder / "elsewhere")


def _copy_of_sources(folder: Path) -> Path:
    """Return a copy to build from, because a build creates folders beside the sources."""
    folder.mkdir()
    for name in ("app", "workers", "migrations", "devtools", "tests", "benchmarks"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, folder / name, ignore=ignored)
    for name in ("pyproject.toml", "beat_schedule.py", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder)
    return folder


def test_the_wheel_contains_the_product_without_the_developer_tools(installed: Installed) -> None:
    ours = {"app", "workers", "migrations", "beat_schedule.py"}
    names = {path.name for path in installed.packages.iterdir()} - {"bin", "__pycache__"}
    assert {name for name in names if not name.endswith(".dist-info")} == ours


def test_the_installed_command_migrates_and_serves(
    installed: Installed, settings: Settings
) -> None:
    port = free_port()
    environ = installed.environ(settings, PORT=str(port), AUTOMATION_ADMIN_PASSWORD="")
    imported = [sys.executable, "-P", "-c", "import app, migrations; print(app.__file__)"]
    assert str(installed.packages) in installed.run(imported, environ)
    installed.run(installed.command("migrate"), environ)
    web = Program(
        name="web",
        command=installed.command("start", "web"),
        environ=environ,
        folder=installed.elsewhere,
        log=installed.elsewhere / "web.log",
    )
    with running(web):
        page = _eventually_get(f"http://127.0.0.1:{port}/login", installed.elsewhere / "web.log")
    assert "Sign in" in page


def _eventually_get(url: str, log: Path) -> str:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            return httpx.get(url, timeout=10).raise_for_status().text
        except httpx.TransportError:
            time.sleep(0.1)
    pytest.fail(log.read_text())
