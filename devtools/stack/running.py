"""The local stack as a context manager, for drills and tests: free ports, its own data folder."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from app.core.errors import AutomationError
from devtools import ROOT
from devtools.stack.files import RUN_FILE
from devtools.stack.ports import free_port
from devtools.stack.programs import Program, spawn, stop

_START_SECONDS = 90
_STOP_SECONDS = 15
_POLL_SECONDS = 0.05


class StackNotRunning(AutomationError):
    """The local stack ended or did not become ready."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningStack:
    """A local stack that is ready."""

    folder: Path
    web: str
    flower: str
    sandbox: str
    """Empty if WHATSAPP_API_BASE_URL is set."""
    database_url: str
    database_owner_url: str | None
    broker_url: str
    pid: int
    """Of the supervisor."""

    def pids(self) -> dict[str, int]:
        """Return the current process id of each program."""
        pids: dict[str, int] = _read(self.folder)["pids"]
        return pids

    @property
    def log(self) -> str:
        """The output of the stack so far."""
        log = _log(self.folder)
        return log.read_text() if log.exists() else ""


@contextmanager
def running_stack(
    folder: Path, *, environ: Mapping[str, str] | None = None
) -> Iterator[RunningStack]:
    """Run the whole product with the data of `folder` until the end of the block.

    `environ` changes the environment of this process; an empty value unsets a variable.
    Ports are free ones unless `environ` sets them. The stack ends when this process ends.
    Raises StackNotRunning with the output of the stack if it does not become ready.
    """
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    program = _program(folder, environ or {})
    process = spawn(program)
    try:
        yield _when_ready(folder, process)
    finally:
        stop({process: program}, within_seconds=_STOP_SECONDS)


def attach(path: Path) -> RunningStack:
    """Return the running stack of a data folder; `path` is the folder or its run file.

    Its `log` is empty if the stack prints to a terminal. Raises StackNotRunning.
    """
    folder = (path.parent if path.name == RUN_FILE else path).resolve()
    if not is_running(folder):
        raise StackNotRunning(f"No stack runs in {folder}; start one with: make run")
    return _stack(folder)


def is_running(folder: Path) -> bool:
    """Return whether a stack uses the data folder `folder` and is ready."""
    return (folder / RUN_FILE).exists() and psutil.pid_exists(_read(folder)["pid"])


def _program(folder: Path, environ: Mapping[str, str]) -> Program:
    ports = {"PORT": str(free_port()), "FLOWER_PORT": str(free_port())}
    return Program(
        name="stack",
        command=[sys.executable, "-m", "devtools.stack"],
        environ={**os.environ, **ports, **environ, "AUTOMATION_DATA_DIR": str(folder)},
        folder=ROOT,
        log=_log(folder),
    )


def _when_ready(folder: Path, process: subprocess.Popen[bytes]) -> RunningStack:
    deadline = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        if (folder / RUN_FILE).exists() and _read(folder)["pid"] == process.pid:
            return _stack(folder)
        time.sleep(_POLL_SECONDS)
    raise StackNotRunning(f"The local stack did not come up:\n{_log(folder).read_text()}")


def _stack(folder: Path) -> RunningStack:
    addresses = _read(folder)
    del addresses["pids"]
    return RunningStack(folder=folder, **addresses)


def _read(folder: Path) -> dict[str, Any]:
    addresses: dict[str, Any] = json.loads((folder / RUN_FILE).read_text())
    return addresses


def _log(folder: Path) -> Path:
    return folder / "stack.log"
