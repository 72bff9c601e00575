"""Starts programs, restarts those that end, and stops them."""

import os
import subprocess
import time
from collections.abc import Collection
from dataclasses import dataclass, field

from devtools.stack.process_registry import ProcessRegistry
from devtools.stack.programs import Program, end_session, spawn, stop
from devtools.stack.terminal import Terminal

_FIRST_RESTART_SECONDS = 0.5
_LONGEST_RESTART_SECONDS = 30.0
_STEADY_SECONDS = 30.0


@dataclass(slots=True)
class _Supervised:
    program: Program
    process: subprocess.Popen[bytes]
    started_at: float
    failures: int = 0
    restart_at: float | None = None


@dataclass(slots=True)
class Supervisor:
    """The programs of one run.

    Call all methods from one thread that runs at least as long as the programs.
    """

    terminal: Terminal
    registry: ProcessRegistry
    _supervised: dict[str, _Supervised] = field(default_factory=dict)

    def start(self, program: Program) -> subprocess.Popen[bytes]:
        """Start `program` and keep it running from now on."""
        process = self._spawn(program)
        self._supervised[program.name] = _Supervised(program, process, time.monotonic())
        return process

    def restart_ended(self) -> list[str]:
        """Restart each ended program whose wait is over; return the names of the restarted ones."""
        return [name for name, one in self._supervised.items() if self._restart_if_ended(one)]

    def stop(self, names: Collection[str], *, within_seconds: float) -> None:
        """Stop the programs of these names together and remove them from this supervisor."""
        chosen = [self._supervised.pop(name) for name in names if name in self._supervised]
        stop({one.process: one.program for one in chosen}, within_seconds=within_seconds)

    def failures(self) -> dict[str, int]:
        """Return how often each program has ended since it last ran for 30 s without ending."""
        return {name: one.failures for name, one in self._supervised.items()}

    def pids(self) -> dict[str, int]:
        """Return the process id of each program."""
        return {name: one.process.pid for name, one in self._supervised.items()}

    def _spawn(self, program: Program) -> subprocess.Popen[bytes]:
        output = None if program.log else self.terminal.follow(program.name)
        try:
            process = spawn(program, output=output)
        finally:
            if output is not None:
                os.close(output)
        self.registry.record(program.name, process.pid)
        return process

    def _restart_if_ended(self, one: _Supervised) -> bool:
        now = time.monotonic()
        if one.restart_at is None and one.process.poll() is not None:
            end_session(one.process.pid)
            self._plan_restart(one, now)
        if one.restart_at is None or now < one.restart_at:
            return False
        one.process, one.started_at, one.restart_at = self._spawn(one.program), now, None
        return True

    def _plan_restart(self, one: _Supervised, now: float) -> None:
        if now - one.started_at > _STEADY_SECONDS:
            one.failures = 0
        delay = min(_FIRST_RESTART_SECONDS * 2**one.failures, _LONGEST_RESTART_SECONDS)
        one.failures += 1
        one.restart_at = now + delay
        self.terminal.say(
            f"{one.program.name} ended ({_reason(one.process.returncode)}); "
            f"starting it again in {delay:g} s"
        )


def _reason(status: int) -> str:
    return f"signal {-status}" if status < 0 else f"exit code {status}"
