"""Rules of the code base that no other tool checks."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.core.settings import Settings
from app.processes import PROCESSES
from devtools import ROOT

SOURCES = [
    path
    for folder in ("app", "workers", "migrations")
    for path in sorted((ROOT / folder).rglob("*.py"))
] + [ROOT / "beat_schedule.py"]
PURE = [
    ROOT / "app" / name
    for name in (
        "outbox/events.py",
        "core/retry.py",
        "inbox/drafts.py",
        "inbox/actions.py",
        "fraud/conversation.py",
        "fraud/decisions.py",
        "fraud/phrases.py",
    )
]


def test_imports_follow_the_layers() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [linter, "--no-cache", "--no-logo"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_imported_packages_are_declared_and_declared_ones_are_imported() -> None:
    deptry = Path(sys.executable).with_name("deptry")
    done = subprocess.run([deptry, "."], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("path", PURE, ids=lambda path: path.stem)
def test_pure_modules_import_the_standard_library_core_and_each_other_alone(path: Path) -> None:
    allowed = {".".join(pure.relative_to(ROOT).with_suffix("").parts) for pure in PURE}
    strangers = {
        name
        for name in _imports(path)
        if name.partition(".")[0] not in sys.stdlib_module_names
        and not name.startswith("app.core.")
        and name not in allowed
    }
    assert strangers == set()


def test_the_schedule_is_data_and_imports_core_alone() -> None:
    ours = {name for name in _imports(ROOT / "beat_schedule.py") if name.startswith("app.")}
    assert all(name.startswith("app.core.") for name in ours)


def test_no_code_calls_commit() -> None:
    ended = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and node.attr in {"commit", "rollback"}
    ]
    assert ended == []


def test_procfile_and_compose_run_every_process() -> None:
    lines = (ROOT / "Procfile").read_text().splitlines()
    assert lines == [f"{name}: automation start {name}" for name in PROCESSES]
    orders = [service.get("command", [""]) for service in _services().values()]
    started = [order[1] for order in orders if order[0] == "start"]
    assert sorted(started) == sorted(PROCESSES)


def test_compose_passes_on_every_setting_of_production() -> None:
    local = {"AUTOMATION_DATA_DIR", "AUTOMATION_TRUST_ROLE_HEADER"}
    fixed = {"PORT", "FLOWER_PORT"}
    passed = set(_services()["migrate"]["environment"])
    assert passed == set(Settings.variables()) - local - fixed


def test_compose_asks_for_each_secret_it_needs() -> None:
    required = re.findall(r"\$\{(\w+):\?\}", (ROOT / "docker-compose.yml").read_text())
    secrets = ("PASSWORD", "SECRET", "TOKEN", "KEYS", "AUTH")
    for service in _services().values():
        for name, value in service.get("environment", {}).items():
            if name.endswith(secrets) and value is not None:
                assert value == f"${{{name}:?}}"
                assert name in required


def test_the_two_lock_files_agree() -> None:
    everything = set(_pins("requirements-dev.lock"))
    assert set(_pins("requirements.lock")) <= everything


def test_the_lock_files_name_no_index_and_no_path() -> None:
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / name).read_text()
        assert not any(word in text for word in ("://", "file:", "--index", "--find-links"))


def _services() -> dict[str, Any]:
    services: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    return services


def _pins(name: str) -> Iterator[str]:
    for line in (ROOT / name).read_text().splitlines():
        if "==" in line:
            yield line.rstrip("\\ ")


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
