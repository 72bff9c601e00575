"""Programs that end with the process that started them, and how to end what was left over."""

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
    """What to run, as whom, and the signal that asks it to finish."""

    name: str
    command: Sequence[str | Path]
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)
    stop_signal: signal.Signals = signal.SIGTERM
    user: int | None = None
    group: int | None = None
    folder: Path | None = None
    log: Path | None = None
    """Where its output goes; None leaves it to whoever starts the program."""


@dataclass(frozen=True, slots=True)
class Identity:
    """One process and no other: the id alone may belong to a stranger by now."""

    pid: int
    started: float
    """Seconds since the epoch, as the platform tells it."""

    @classmethod
    def of(cls, pid: int) -> "Identity":
        """Identify the running process `pid`."""
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
    """Start `program` in a session of its own, out of reach of the terminal's Ctrl-C.

    On Linux the kernel sends it its stop signal when the calling thread ends, however
    that comes about; so call this from a thread that lives as long as the program.
    """
    with _opened(program.log) as log:
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
            preexec_fn=_die_with(os.getpid(), program.stop_signal),  # noqa: PLW1509 - two system calls
        )


def stop(running: Mapping[subprocess.Popen[bytes], Program], *, within_seconds: float) -> None:
    """Ask the programs to finish, wait for all of them at once, then kill what remains."""
    for process, program in running.items():
        process.send_signal(program.stop_signal)
    deadline = time.monotonic() + within_seconds
    for process in running:
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=max(0.0, deadline - time.monotonic()))
        end_session(process.pid)
        process.wait()


def end_session(leader: int) -> None:
    """Kill what is left of the session that `leader` led, before its id is given away."""
    with suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGKILL)


@contextmanager
def running(program: Program) -> Iterator[subprocess.Popen[bytes]]:
    """Run `program` for the length of the block."""
    process = spawn(program)
    try:
        yield process
    finally:
        stop({process: program}, within_seconds=5)


def end_leftovers(recorded: Iterable[Identity], *, mark: tuple[str, str]) -> None:
    """End what an earlier run recorded and could not end, with all that it started.

    A process counts as left over if it is one of `recorded`, or if it belongs to the
    session of one and carries the environment variable `mark`.
    """
    left = [process for one in recorded for process in _left_of(one, mark)]
    for process in left:
        with suppress(psutil.NoSuchProcess):
            process.terminate()
    _, alive = psutil.wait_procs(left, timeout=3)
    for process in alive:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(alive, timeout=2)


def _left_of(leader: Identity, mark: tuple[str, str]) -> list[psutil.Process]:
    members = [p for p in psutil.process_iter() if _is_member(p, leader, mark)]
    found = leader.find()
    return [found, *(p for p in members if p != found)] if found else members


def _is_member(process: psutil.Process, leader: Identity, mark: tuple[str, str]) -> bool:
    try:
        in_session = os.getsid(process.pid) == leader.pid
        return in_session and process.environ().get(mark[0]) == mark[1]
    except (OSError, psutil.Error):
        return False


@contextmanager
def _opened(log: Path | None) -> Iterator[int | None]:
    if log is None:
        yield None
    else:
        with log.open("ab") as file:
            yield file.fileno()


def _die_with(parent: int, number: signal.Signals) -> Callable[[], None] | None:
    """Return the hook that ties a child's life to this thread, where the platform can."""
    if (prctl := _prctl) is None:
        return None

    def ask_the_kernel() -> None:
        prctl(_PR_SET_PDEATHSIG, number)
        if os.getppid() != parent:
            os._exit(1)

    return ask_the_kernel
