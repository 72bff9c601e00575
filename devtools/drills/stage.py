"""The stack that the drills play on: its programs, its database, its addresses."""

import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

import httpx
import psutil

from app.bootstrap import Container, build
from app.core.settings import Settings
from app.processes import command_of
from devtools import ROOT
from devtools.drills.scan import Seen
from devtools.stack.programs import Program, running
from devtools.stack.running import RunningStack

TIMEOUT_SECONDS = 30.0

SHORT_WAITS = {
    "AUTOMATION_RETRY_BASE_SECONDS": "0.1",
    "AUTOMATION_RETRY_CAP_SECONDS": "1.6",
    "AUTOMATION_MAX_ATTEMPTS": "10",
    "AUTOMATION_OUTBOUND_RETRY_BASE_SECONDS": "0.1",
    "AUTOMATION_OUTBOUND_MAX_ATTEMPTS": "5",
    "AUTOMATION_OUTBOUND_PER_SECOND": "500",
}
"""Settings of a stack that the drills have for themselves: ten tries within ten seconds."""

SHORT_SCHEDULE = {
    "AUTOMATION_OTP_STUCK_EVERY_MINUTES": "1",
    "AUTOMATION_OTP_STUCK_MINUTES": "30",
    "AUTOMATION_TIMEZONE": "UTC",
}

FIRST_SUMMARY_SECONDS = 45
"""How far ahead a stack of the drills' own plans its daily summary, at least."""

OWN_STACK = (
    SHORT_WAITS
    | SHORT_SCHEDULE
    | {
        "AUTOMATION_TRUST_ROLE_HEADER": "1",
        "AUTOMATION_DISPATCHER_FORCE_FAIL": "",
        "AUTOMATION_NOTIFY": "",
        "AUTOMATION_RELAY_INTERVAL_SECONDS": "",
        "SANDBOX_PORT": "",
        "WHATSAPP_API_BASE_URL": "",
    }
)


def own_environ() -> dict[str, str]:
    """Return the settings of a stack that the drills have for themselves."""
    ahead = timedelta(seconds=FIRST_SUMMARY_SECONDS, minutes=1)
    return OWN_STACK | {"AUTOMATION_DAILY_SUMMARY_AT": f"{datetime.now(UTC) + ahead:%H:%M}"}


@dataclass(frozen=True)
class Stage:
    """A running stack with what a drill needs of it; `is_own` if nobody else works there."""

    stack: RunningStack
    is_own: bool
    seen: Seen = field(default_factory=Seen)
    prepared: dict[str, int] = field(default_factory=dict)
    """Ids of rows that a drill made before its turn, by its name."""

    @cached_property
    def environ(self) -> dict[str, str]:
        """The environment that the programs of the stack run in, secrets included."""
        environ: dict[str, str] = psutil.Process(self.stack.pids()["dispatcher"]).environ()
        return environ

    @cached_property
    def settings(self) -> Settings:
        """The settings of the stack."""
        return Settings.load(self.environ)

    @cached_property
    def container(self) -> Container:
        """A container on the stack's database, of this process."""
        return build(self.settings, process="drill")

    @cached_property
    def web(self) -> httpx.Client:
        """A client of the web that follows no redirect and says nothing of who it is."""
        return httpx.Client(base_url=self.stack.web, timeout=TIMEOUT_SECONDS)

    @cached_property
    def sandbox(self) -> httpx.Client:
        """A client of the sandbox."""
        return httpx.Client(base_url=self.stack.sandbox, timeout=TIMEOUT_SECONDS)

    def close(self) -> None:
        """Return every connection."""
        self.container.close()
        self.web.close()
        self.sandbox.close()

    @contextmanager
    def held(self, name: str) -> Iterator[None]:
        """Hold a program and its children still (SIGSTOP) for the length of the block."""
        group = self.stack.pids()[name]
        os.killpg(group, signal.SIGSTOP)
        try:
            yield
        finally:
            os.killpg(group, signal.SIGCONT)

    @contextmanager
    def another(self, name: str, *, log: str, **environ: str) -> Iterator[Any]:
        """Run one more process of the product beside the stack's, with settings of its own."""
        command = [
            word.replace(f"{name}@", f"drill-{name}@") for word in command_of(name, self.environ)
        ]
        program = Program(
            name=name,
            command=command,
            environ=self._environ_with(environ),
            folder=ROOT,
            log=self.stack.folder / log,
        )
        with running(program) as process:
            yield process

    def run(self, command: str) -> int:
        """Run a shell command in the environment of the stack, to its end; return its exit code."""
        log = self.stack.folder / "commands.log"
        program = Program(
            name="command",
            command=["/bin/sh", "-c", command],
            environ=self.environ,
            folder=ROOT,
            log=log,
        )
        with running(program) as process:
            return process.wait(TIMEOUT_SECONDS)

    def _environ_with(self, changes: Mapping[str, str]) -> dict[str, str]:
        return {**self.environ, **changes}
