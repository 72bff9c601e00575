"""The lock files still install after newer releases of the locked packages have appeared.

The package index is a folder of wheels without code. For each package it has the locked version
and a newer one, both with the requirements of the real package. So the test needs no network,
except to download the two versions of pip that are not part of Python.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

import pytest

from devtools import ROOT
from tests.installation.wheels import stand_in

LOCK = "requirements-dev.lock"
HERE = Path(__file__).parent
SHIPPED = "the pip of this Python"


@dataclass(frozen=True, slots=True)
class Future:
    """An index with newer releases, and a lock file with the packages of the real one."""

    wheels: Path
    lock: str
    pins: frozenset[str]


@pytest.fixture(scope="module")
def future(tmp_path_factory: pytest.TempPathFactory) -> Future:
    folder = tmp_path_factory.mktemp("index")
    lines, pins = [], set()
    for package in _locked():
        digest = stand_in(folder, package, package.version)
        stand_in(folder, package, f"{package.version}.1")
        lines.append(f"{package.name}=={package.version} --hash=sha256:{digest}")
        pins.add(f"{_canonical(package.name)}=={package.version}")
    return Future(folder, "\n".join(lines), frozenset(pins))


@pytest.fixture(params=[SHIPPED, "oldest-pip.lock", "newest-pip.lock"])
def project(request: pytest.FixtureRequest, tmp_path: Path, future: Future) -> Path:
    """Return a folder with the test's lock file and an environment with one version of pip."""
    return _project(tmp_path, future, pip=request.param)


def test_the_locked_packages_install_although_each_has_a_newer_release(
    project: Path, future: Future
) -> None:
    for command in _install_commands():
        done = _run(command, project, future)
        assert done.returncode == 0, done.stderr
    assert _installed(project, future) == future.pins


def test_an_installation_with_resolution_fails_after_a_newer_release(
    tmp_path: Path, future: Future
) -> None:
    project = _project(tmp_path, future, pip=SHIPPED)
    command, *_ = _install_commands()
    done = _run(command.replace("--no-deps", ""), project, future)
    assert done.returncode != 0
    assert "==" in done.stderr
    assert "hash" in done.stderr.lower()


@pytest.mark.parametrize("name", ["Makefile", "Dockerfile", "benchmarks/rivals.py"])
def test_each_installation_of_a_lock_uses_no_deps_and_pip_check(name: str) -> None:
    text = (ROOT / name).read_text()
    installs = [line for line in text.splitlines() if "--require-hashes" in line]
    assert installs
    assert all("--no-deps" in line for line in installs)
    assert re.search(r'pip"?,? "?check', text)


def _locked() -> Iterator[Distribution]:
    """Return each package of the lock file that is installed for this Python and platform."""
    for name in re.findall(r"^([\w.-]+)==", (ROOT / LOCK).read_text(), re.MULTILINE):
        try:
            yield distribution(name)
        except PackageNotFoundError:
            continue


def _install_commands() -> list[str]:
    """Return the Makefile's commands that install the lock file and check the result."""
    done = subprocess.run(
        ["/bin/sh", "-c", "make --dry-run --always-make .venv/.installed"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith(".venv/bin/pip")]
    return [line for line in lines if "--editable" not in line]


def _project(folder: Path, future: Future, *, pip: str) -> Path:
    (folder / LOCK).write_text(future.lock)
    environment = folder / ".venv"
    bare = [] if pip == SHIPPED else ["--without-pip"]
    subprocess.run([sys.executable, "-m", "venv", *bare, environment], check=True)
    if pip != SHIPPED:
        script = environment / "bin" / "pip"
        wheel = _pip_wheel(HERE / pip, folder)
        script.write_text(f'#!/bin/sh\nexec "{environment}/bin/python" "{wheel}/pip" "$@"\n')
        script.chmod(0o755)
    return folder


def _pip_wheel(lock: Path, folder: Path) -> Path:
    """Download the pinned pip; skip the test if no index can be reached."""
    command = [sys.executable, "-m", "pip", "download", "-qq", "--disable-pip-version-check"]
    command += ["--no-deps", "--require-hashes", "--retries=1", "--timeout=10", "-r", str(lock)]
    done = subprocess.run(
        [*command, "-d", str(folder)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        reason = f"The pip of {lock.name} can't be downloaded: {done.stderr.strip()[-300:]}"
        pytest.fail(reason) if os.environ.get("REQUIRE_ALL") == "1" else pytest.skip(reason)
    return next(folder.glob("pip-*.whl"))


def _run(command: str, project: Path, future: Future) -> subprocess.CompletedProcess[str]:
    environ = {name: text for name, text in os.environ.items() if not name.startswith("PIP_")}
    environ |= {
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(future.wheels),
        "PIP_NO_COMPILE": "1",
    }
    return subprocess.run(
        ["/bin/sh", "-c", command],
        cwd=project,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )


def _installed(project: Path, future: Future) -> frozenset[str]:
    done = _run(".venv/bin/pip list --format=freeze", project, future)
    pins = {line for line in done.stdout.splitlines() if not line.startswith("pip==")}
    return frozenset(_normalised(pin) for pin in pins)


def _normalised(pin: str) -> str:
    name, _, version = pin.partition("==")
    return f"{_canonical(name)}=={version}"


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
