"""The supervisor with small test programs."""

import io
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from devtools.stack.process_registry import ProcessRegistry
from devtools.stack.programs import ProcessIdentity, Program, end_leftovers, running
from devtools.stack.supervisor import Supervisor
from devtools.stack.terminal import Terminal

FOREVER = "import time; time.sleep(60)"
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1); {FOREVER}"
WITH_CHILD = (
    "import subprocess, sys;"
    f"print(subprocess.Popen([sys.executable, '-c', '{FOREVER}']).pid, flush=True); {FOREVER}"
)
MARK = ("AUTOMATION_DATA_DIR", "/nowhere/but/in/this/test")


def _program(name: str, code: str, *, log: Path | None = None) -> Program:
    environ = {"PYTHONUNBUFFERED": "1", MARK[0]: MARK[1]}
    return Program(name=name, command=[sys.executable, "-c", code], environ=environ, log=log)


def _eventually(condition: Callable[[], object], seconds: float = 5) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def _ended(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


@pytest.fixture
def output() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def supervisor(tmp_path: Path, output: io.StringIO) -> Iterator[Supervisor]:
    supervisor = Supervisor(Terminal(output), ProcessRegistry(tmp_path / "processes.json"))
    yield supervisor
    supervisor.stop(list(supervisor.pids()), within_seconds=0)


def test_a_killed_program_is_restarted_and_its_name_is_printed(
    supervisor: Supervisor, output: io.StringIO
) -> None:
    first = supervisor.start(_program("clock", FOREVER)).pid
    os.kill(first, signal.SIGKILL)
    _eventually(supervisor.restart_ended)
    assert supervisor.pids()["clock"] != first
    assert "clock ended (signal 9); starting it again in 0.5 s" in output.getvalue()


def test_the_wait_before_each_restart_doubles(supervisor: Supervisor, output: io.StringIO) -> None:
    supervisor.start(_program("broken", "raise SystemExit(3)"))
    _eventually(lambda: supervisor.restart_ended() and supervisor.failures()["broken"] > 1)
    assert "again in 0.5 s" in output.getvalue()
    assert "broken ended (exit code 3); starting it again in 1 s" in output.getvalue()


def test_each_printed_line_begins_with_the_name_of_its_program(
    supervisor: Supervisor, output: io.StringIO
) -> None:
    supervisor.start(_program("greeter", f"print('good day'); {FOREVER}"))
    _eventually(lambda: "greeter    | good day\n" in output.getvalue())


def test_a_program_that_ignores_the_stop_signal_is_killed(
    supervisor: Supervisor, output: io.StringIO
) -> None:
    stubborn = supervisor.start(_program("stubborn", STUBBORN)).pid
    _eventually(output.getvalue)
    before = time.monotonic()
    supervisor.stop(["stubborn"], within_seconds=0.3)
    assert time.monotonic() - before < 2
    assert _ended(stubborn)


def test_stopping_a_program_ends_its_child_processes(
    supervisor: Supervisor, output: io.StringIO
) -> None:
    supervisor.start(_program("parent", WITH_CHILD))
    _eventually(output.getvalue)
    child = int(output.getvalue().split("|")[1])
    supervisor.stop(["parent"], within_seconds=5)
    _eventually(lambda: _ended(child))


def test_a_leftover_process_and_its_children_are_ended(tmp_path: Path) -> None:
    registry = ProcessRegistry(tmp_path / "processes.json")
    log = tmp_path / "log"
    parent = _program("parent", WITH_CHILD)
    with running(
        Program(name="parent", command=parent.command, environ=parent.environ, log=log)
    ) as process:
        _eventually(lambda: log.exists() and log.read_text().strip())
        registry.record("parent", process.pid)
        child = int(log.read_text())
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        assert not _ended(child)
        end_leftovers(ProcessRegistry.read(registry.path).entries.values(), mark=MARK)
        _eventually(lambda: _ended(child))


def test_another_process_with_a_recorded_id_is_not_ended() -> None:
    with running(_program("other", FOREVER)) as process:
        recorded = ProcessIdentity(process.pid, ProcessIdentity.of(process.pid).started - 60)
        end_leftovers([recorded], mark=("AUTOMATION_DATA_DIR", "/another/place"))
        assert process.poll() is None
