"""Starts programs that end with their parent process, and ends processes left by a crash."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from app.core.errors import AutomationError

_PR_SET_PDEATHSIG = 1
_prctl = ctypes.CDLL(None).prctl if sys.platform == "linux" else None
_SAME_START_SECONDS = 0.05


class ProcessError(AutomationError):
    """A program of the local stack can't be started."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A command, the account that runs it, and the signal that stops it."""

    name: str
    command: Sequence[str | Path]
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)
    stop_signal: signal.Signals = signal.SIGTERM
    user: int | None = None
    group: int | None = None
    folder: Path | None = None
    log: Path | None = None
    """The file for its output; None if the caller of `spawn` handles the output."""


@dataclass(frozen=True, slots=True)
class ProcessIdentity:
    """A process id with its start time, because the system reuses ids of ended processes."""

    pid: int
    started: float
    """Seconds since the epoch, as reported by the operating system."""

    @classmethod
    def of(cls, pid: int) -> "ProcessIdentity":
        """Return the identity of the running process `pid`."""
        return cls(pid, psutil.Process(pid).create_time())

    def find(self) -> psutil.Process | None:
        """Return the process if it still runs."""
        try:
            process = psutil.Process(self.pid)
            same = abs(process.create_time() - self.started) <= _SAME_START_SECONDS
            return process if same and process.status() != psutil.STATUS_ZOMBIE else None
        except psutil.NoSuchProcess:
            return None


def spawn(program: Program, *, output: int | None = None) -> subprocess.Popen[bytes]:
    """Start `program` in a new session, so that Ctrl-C on the terminal does not reach it.

    On Linux the kernel sends the program its stop signal when the calling thread ends. So
    call this from a thread that runs at least as long as the program.
    """
    with _open_log(program.log) as log:
        return subprocess.Popen(
            program.command,
            stdin=subprocess.DEVNULL,
            stdout=output if log is None else log,
            stderr=subprocess.STDOUT,
            env=program.environ,
            cwd=program.folder,
            start_new_session=True,
            user=program.user,
            group=program.group,
            extra_groups=None if program.user is None else [],
            preexec_fn=parent_death_hook(os.getpid(), program.stop_signal),  # noqa: PLW1509 - two system calls
        )


def stop(running: Mapping[subprocess.Popen[bytes], Program], *, within_seconds: float) -> None:
    """Send each program its stop signal, wait for all of them, then kill those that remain."""
    for process, program in running.items():
        process.send_signal(program.stop_signal)
    deadline = time.monotonic() + within_seconds
    for process in running:
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=max(0.0, deadline - time.monotonic()))
        end_session(process.pid)
        process.wait()


def end_session(leader: int) -> None:
    """Kill the remaining processes in the session of `leader`.

    Call this before waiting for `leader`, because the system may reuse its id afterwards.
    """
    with suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGKILL)


@contextmanager
def running(program: Program) -> Iterator[subprocess.Popen[bytes]]:
    """Run `program` until the end of the block."""
    process = spawn(program)
    try:
        yield process
    finally:
        stop({process: program}, within_seconds=5)


def end_leftovers(recorded: Iterable[ProcessIdentity], *, mark: tuple[str, str]) -> None:
    """End the processes of an earlier run that crashed, and their child processes.

    These are the processes in `recorded`, and each process that belongs to the session of
    one of them and has the environment variable `mark`.
    """
    left = [process for one in recorded for process in _leftovers_of(one, mark)]
    for process in left:
        with suppress(psutil.NoSuchProcess):
            process.terminate()
    _, alive = psutil.wait_procs(left, timeout=3)
    for process in alive:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(alive, timeout=2)


def _leftovers_of(leader: ProcessIdentity, mark: tuple[str, str]) -> list[psutil.Process]:
    members = [p for p in psutil.process_iter() if _is_member(p, leader, mark)]
    found = leader.find()
    return [found, *(p for p in members if p != found)] if found else members


def _is_member(process: psutil.Process, leader: ProcessIdentity, mark: tuple[str, str]) -> bool:
    try:
        in_session = os.getsid(process.pid) == leader.pid
        return in_session and process.environ().get(mark[0]) == mark[1]
    except (OSError, psutil.Error):
        return False


@contextmanager
def _open_log(log: Path | None) -> Iterator[int | None]:
    if log is None:
        yield None
    else:
        with log.open("ab") as file:
            yield file.fileno()


def parent_death_hook(parent: int, number: signal.Signals) -> Callable[[], None] | None:
    """Return a hook that lets the kernel stop the child when this thread ends (Linux only)."""
    if (prctl := _prctl) is None:
        return None

    def request_signal() -> None:
        prctl(_PR_SET_PDEATHSIG, number)
        if os.getppid() != parent:
            os._exit(1)

    return request_signal
