"""`make run`: starts the whole product with its servers and runs it until Ctrl-C."""

import json
import os
import signal
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

import httpx
from sqlalchemy import make_url

from app.bootstrap import build
from app.core.errors import AutomationError
from app.core.schema import migrate
from app.core.settings import Settings
from app.core.tls import tls_context
from app.identity.users import ensure_first_admin
from app.processes import PROCESSES, command_of
from devtools import ROOT
from devtools.stack.environment import data_folder, local_environment
from devtools.stack.files import RUN_FILE, locked, write_private
from devtools.stack.ports import LOOPBACK, free_port, is_free
from devtools.stack.postgres import PostgresServer
from devtools.stack.process_registry import ProcessRegistry
from devtools.stack.programs import Program, end_leftovers
from devtools.stack.supervisor import Supervisor
from devtools.stack.terminal import Terminal
from devtools.stack.valkey import ValkeyServer

_READY_SECONDS = 60
_START_ATTEMPTS = 3
_POLL_SECONDS = 0.1
_STOP_SECONDS = 5.0
_STOP_SERVERS_SECONDS = 1.5


class StackError(AutomationError):
    """The local stack can't start."""


@dataclass(slots=True, kw_only=True)
class Stack:
    """One run of the product on this machine."""

    folder: Path
    environ: Mapping[str, str]
    settings: Settings
    postgres: PostgresServer | None
    valkey: ValkeyServer | None
    sandbox: str
    """Its address; empty if WHATSAPP_API_BASE_URL is set, because then no sandbox is started."""
    terminal: Terminal = field(default_factory=Terminal)

    @classmethod
    def plan(cls, folder: Path, environ: Mapping[str, str]) -> "Stack":
        """Return the stack with its settings, without starting anything.

        Raises SettingsError for a malformed setting and StackError for a busy port.
        """
        postgres = None if environ.get("DATABASE_URL") else PostgresServer.at(folder)
        broker = environ.get("CELERY_BROKER_URL")
        valkey = None if broker else ValkeyServer(folder=folder, port=free_port())
        elsewhere = environ.get("WHATSAPP_API_BASE_URL")
        servers: dict[str, str] = {}
        if postgres:
            servers |= {"DATABASE_URL": postgres.url, "DATABASE_OWNER_URL": postgres.owner_url}
        if valkey:
            servers |= {"CELERY_BROKER_URL": valkey.url}
        environ = local_environment(environ, folder=folder, servers=servers)
        settings = Settings.load(environ)
        _check_ports(settings)
        return cls(
            folder=folder,
            environ=environ,
            settings=settings,
            postgres=postgres,
            valkey=valkey,
            sandbox="" if elsewhere else f"http://{LOOPBACK}:{environ['SANDBOX_PORT']}",
        )

    def run(self) -> None:
        """Start all programs, print their addresses, and restart those that end.

        Returns when the output is closed. A stop signal raises KeyboardInterrupt.
        """
        registry = ProcessRegistry(self.folder / "processes.json")
        supervisor = Supervisor(self.terminal, registry)
        with ExitStack() as undo:
            undo.callback(registry.remove)
            self._start_servers(supervisor, undo)
            password = self._prepare_database()
            self._start_processes(supervisor, undo)
            self._wait_until_ready(supervisor)
            undo.callback((self.folder / RUN_FILE).unlink, missing_ok=True)
            self._write_addresses(supervisor)
            self._print_addresses(password)
            self._supervise(supervisor)

    def _start_servers(self, supervisor: Supervisor, undo: ExitStack) -> None:
        if self.postgres:
            self.terminal.say("Starting PostgreSQL")
            undo.callback(self.postgres.clean_up)
            program = self.postgres.prepare()
            undo.callback(supervisor.stop, ["postgres"], within_seconds=_STOP_SERVERS_SECONDS)
            self.postgres.wait(supervisor.start(program))
            self.postgres.create_database()
        if self.valkey:
            self.terminal.say("Starting Valkey")
            undo.callback(supervisor.stop, ["valkey"], within_seconds=_STOP_SERVERS_SECONDS)
            self.valkey.wait(supervisor.start(self.valkey.program()))

    def _prepare_database(self) -> str | None:
        """Migrate and create the first admin; return the password if one was generated."""
        self.terminal.say("Bringing the database up to date")
        migrate(self.settings)
        settings = self.settings
        with (
            closing(build(settings, process="local")) as container,
            container.sessions.begin() as session,
        ):
            return ensure_first_admin(session, settings)

    def _start_processes(self, supervisor: Supervisor, undo: ExitStack) -> None:
        self.terminal.say("Starting web, workers, beat and Flower")
        if self.sandbox:
            undo.callback(supervisor.stop, ["sandbox"], within_seconds=_STOP_SERVERS_SECONDS)
            supervisor.start(
                self._program("sandbox", [sys.executable, "-m", "devtools.whatsapp_sandbox"])
            )
        undo.callback(supervisor.stop, list(PROCESSES), within_seconds=_STOP_SECONDS)
        for name in PROCESSES:
            supervisor.start(self._program(name, command_of(name, self.environ)))

    def _program(self, name: str, command: list[str]) -> Program:
        return Program(name=name, command=command, environ=self.environ, folder=ROOT)

    def _wait_until_ready(self, supervisor: Supervisor) -> None:
        deadline = time.monotonic() + _READY_SECONDS
        while not self._is_ready():
            supervisor.restart_ended()
            for name, failures in supervisor.failures().items():
                if failures >= _START_ATTEMPTS:
                    raise StackError(f"{name} keeps ending; see its output above.")
            if time.monotonic() > deadline:
                raise StackError(
                    f"The web was not ready within {_READY_SECONDS} s; see {self._web}/readyz."
                )
            time.sleep(_POLL_SECONDS)

    def _is_ready(self) -> bool:
        with suppress(httpx.TransportError):
            ready = httpx.get(f"{self._web}/readyz", verify=tls_context(), timeout=2)
            return ready.is_success and not is_free(self.settings.flower_port)
        return False

    def _supervise(self, supervisor: Supervisor) -> None:
        while not self.terminal.closed:
            if supervisor.restart_ended():
                self._write_addresses(supervisor)
            time.sleep(_POLL_SECONDS)

    @property
    def _web(self) -> str:
        return f"http://{LOOPBACK}:{self.settings.port}"

    def _write_addresses(self, supervisor: Supervisor) -> None:
        addresses = {
            "web": self._web,
            "flower": f"http://{LOOPBACK}:{self.settings.flower_port}",
            "sandbox": self.sandbox,
            "database_url": _libpq(self.settings.database_url),
            "database_owner_url": _libpq(self.settings.database_owner_url),
            "broker_url": self.settings.celery_broker_url,
            "pid": os.getpid(),
            "pids": supervisor.pids(),
        }
        write_private(self.folder / RUN_FILE, json.dumps(addresses, indent=2))

    def _print_addresses(self, password: str | None) -> None:
        user, _, flower_password = self.environ["FLOWER_BASIC_AUTH"].partition(":")
        shown = f"{password} (shown this once)" if password else "as set at the first start"
        self.terminal.say(
            f"""
Automation Center is ready. Ctrl-C stops everything.

  inbox    http://localhost:{self.settings.port}/automation
           user {self.settings.admin_username}, password {shown}
  phone    {self.sandbox or "none: WHATSAPP_API_BASE_URL is set"}
  Flower   http://localhost:{self.settings.flower_port}/
           user {user}, password {flower_password}
  data     {self.folder}
"""
        )


def run_local(environ: Mapping[str, str] = os.environ) -> None:
    """Run the local stack until Ctrl-C or SIGTERM, then remove its processes, sockets and locks.

    Raises AutomationError if it can't start, SQLAlchemyError if the database is the cause.
    """
    folder = data_folder(environ)
    with suppress(KeyboardInterrupt), _signals_as_interrupts(), locked(folder):
        registry = ProcessRegistry.read(folder / "processes.json")
        end_leftovers(registry.entries.values(), mark=("AUTOMATION_DATA_DIR", str(folder)))
        (folder / RUN_FILE).unlink(missing_ok=True)
        Stack.plan(folder, environ).run()


def _libpq(url: str | None) -> str | None:
    """Return the URL without SQLAlchemy's driver name, as psql and libpq expect it."""
    if url is None:
        return None
    plain = make_url(url).set(drivername="postgresql")
    return plain.render_as_string(hide_password=False)


@contextmanager
def _signals_as_interrupts() -> Iterator[None]:
    """Raise KeyboardInterrupt at the first stop signal and ignore later ones."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        for number in numbers:
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _check_ports(settings: Settings) -> None:
    for name, port in (("PORT", settings.port), ("FLOWER_PORT", settings.flower_port)):
        if not is_free(port):
            raise StackError(f"Port {port} is in use; stop what uses it or set {name}.")
