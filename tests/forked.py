"""Starts `celery` commands and producers by fork from a process that has imported the product.

The tests start about a hundred of them. A command of its own needs 2.4 s of CPU time, a fork
0.3 s: imports are the rest. A fork gets its arguments, environment, log and session before
anything reads them, so settings, application and pool are its own. The tests of `tests/stack`
start the commands of production.
"""

import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from celery.__main__ import main

from devtools.stack.programs import parent_death_hook

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["tests.imported_before_fork"])


@dataclass(frozen=True, slots=True)
class Forked:
    """A process that was started by fork. Its methods are those of `subprocess.Popen`."""

    process: ForkServerProcess

    @property
    def pid(self) -> int:
        """The process id, which is also the id of its session."""
        assert self.process.pid is not None
        return self.process.pid

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal to the process alone."""
        os.kill(self.pid, number)

    def wait(self, timeout: float | None = None) -> int:
        """Wait until the process has ended; return its exit code. Raises TimeoutExpired."""
        self.process.join(timeout)
        if self.process.exitcode is None:
            raise subprocess.TimeoutExpired(self.process.name, timeout or 0)
        return self.process.exitcode


def fork_celery(*arguments: str, environ: Mapping[str, str], log: Path) -> Forked:
    """Start `celery` with these arguments; its output is appended to `log`."""
    return fork(_celery, *arguments, environ=environ, log=log)


def fork(
    work: Callable[..., object], *arguments: str, environ: Mapping[str, str], log: Path
) -> Forked:
    """Start a process that calls `work`, a function of a module, in a session of its own."""
    process = _CONTEXT.Process(target=_run, args=(work, arguments, dict(environ), log), daemon=True)
    process.start()
    return Forked(process)


def _celery(*arguments: str) -> None:
    sys.argv = ["celery", *arguments]
    sys.exit(main())


def _run(
    work: Callable[..., object], arguments: tuple[str, ...], environ: dict[str, str], log: Path
) -> None:
    os.setsid()
    if request_signal := parent_death_hook(os.getppid(), signal.SIGTERM):
        request_signal()
    os.environ.clear()
    os.environ.update(environ)
    with log.open("ab") as file:
        os.dup2(file.fileno(), sys.stdout.fileno())
        os.dup2(file.fileno(), sys.stderr.fileno())
    work(*arguments)
