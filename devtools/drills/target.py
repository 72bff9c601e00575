"""The stack that the drills run against: its programs, its database, its addresses."""

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
from devtools.drills.leak_patterns import SeenSecrets
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
"""Retry settings of a separate stack: an event fails ten times within ten seconds."""

SHORT_SCHEDULE = {
    "AUTOMATION_OTP_STUCK_EVERY_MINUTES": "1",
    "AUTOMATION_OTP_STUCK_MINUTES": "30",
    "AUTOMATION_TIMEZONE": "UTC",
}

FIRST_SUMMARY_SECONDS = 45
"""The shortest time from the start of a separate stack to its daily summary."""

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
    """Return the settings of a separate stack for the drills."""
    ahead = timedelta(seconds=FIRST_SUMMARY_SECONDS, minutes=1)
    return OWN_STACK | {"AUTOMATION_DAILY_SUMMARY_AT": f"{datetime.now(UTC) + ahead:%H:%M}"}


@dataclass(frozen=True)
class DrillTarget:
    """A running stack and its clients. `is_own` means that it was started for the drills."""

    stack: RunningStack
    is_own: bool
    seen: SeenSecrets = field(default_factory=SeenSecrets)
    prepared: dict[str, int] = field(default_factory=dict)
    """The id of the row that a drill's `prepare` created, by the name of the drill."""

    @cached_property
    def environ(self) -> dict[str, str]:
        """The environment of the stack's programs, including secrets."""
        environ: dict[str, str] = psutil.Process(self.stack.pids()["dispatcher"]).environ()
        return environ

    @cached_property
    def settings(self) -> Settings:
        """The product's settings on this stack."""
        return Settings.load(self.environ)

    @cached_property
    def container(self) -> Container:
        """The product's container in this process, connected to the stack's database."""
        return build(self.settings, process="drill")

    @cached_property
    def web(self) -> httpx.Client:
        """An HTTP client of the web that sends no identity and follows no redirect."""
        return httpx.Client(base_url=self.stack.web, timeout=TIMEOUT_SECONDS)

    @cached_property
    def sandbox(self) -> httpx.Client:
        """An HTTP client of the sandbox."""
        return httpx.Client(base_url=self.stack.sandbox, timeout=TIMEOUT_SECONDS)

    def close(self) -> None:
        """Close all connections."""
        self.container.close()
        self.web.close()
        self.sandbox.close()

    @contextmanager
    def paused(self, name: str) -> Iterator[None]:
        """Pause a program and its children (SIGSTOP) until the end of the block."""
        group = self.stack.pids()[name]
        os.killpg(group, signal.SIGSTOP)
        try:
            yield
        finally:
            os.killpg(group, signal.SIGCONT)

    @contextmanager
    def extra_process(self, name: str, *, log: str, **environ: str) -> Iterator[Any]:
        """Run another process of this kind in addition to the stack's, with changed settings."""
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

    def run_command(self, command: str) -> int:
        """Run a shell command in the environment of the stack; return its exit code."""
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
