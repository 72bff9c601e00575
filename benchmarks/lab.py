"""The environment of the benchmarks: temporary servers, databases and contender processes."""

import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

import httpx
import psycopg
from cryptography.fernet import Fernet
from psycopg import Connection
from sqlalchemy import make_url

from app.core.schema import migrate
from app.core.settings import Settings
from app.processes import command_of
from devtools import ROOT
from devtools.stack.programs import Program, running
from devtools.stack.servers import PostgresServer, ValkeyServer, start_postgres, start_valkey

WORKERS = 2
"""Processes of each contender: one per core of the reference machine."""

_READY_SECONDS = 60
_SERVER = {
    "track_commit_timestamp": "on",  # the latency benchmark reads the commit times
    "wal_buffers": "16MB",  # the default of a server with 512 MB of shared buffers or more
    "min_wal_size": "2GB",  # recycle WAL segments, as a server under steady load does
    "max_wal_size": "8GB",
    "checkpoint_timeout": "30min",  # no checkpoint during a measurement
}
_SECRETS = {
    "WHATSAPP_VERIFY_TOKEN": "benchmark",
    "WHATSAPP_APP_SECRET": "benchmark",
    "WHATSAPP_ACCESS_TOKEN": "benchmark",
    "WHATSAPP_PHONE_NUMBER_ID": "1",
    "AUTOMATION_SECRET_KEY": secrets.token_urlsafe(48),
    "AUTOMATION_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
    # The benchmark of webhooks sends more reports than the default limit per hour.
    "AUTOMATION_UNVERIFIED_PER_HOUR": "1000000",
    # Failed events are retried after the measurement, not during it.
    "AUTOMATION_RETRY_BASE_SECONDS": "3600",
}

_keyspaces = cycle(range(1, 16))


@dataclass(frozen=True, slots=True)
class Database:
    """A migrated database. Contenders log in as the runtime role, measurements as superuser."""

    name: str
    url: str
    dsn: str
    broker: str
    """The URL of a separate database of the broker, so that only its own workers get messages."""

    @contextmanager
    def admin(self) -> Iterator[Connection]:
        """Open a superuser connection whose commits send no NOTIFY."""
        options = "-c automation.notify=off"
        with psycopg.connect(self.dsn, autocommit=True, options=options) as connection:
            yield connection


@dataclass(frozen=True, slots=True)
class Lab:
    """The servers, and the folder for logs."""

    folder: Path
    postgres: PostgresServer
    valkey: ValkeyServer
    rivals: Path | None
    """The Python of the rivals' environment; None to run without rivals."""

    @contextmanager
    def database(self, template: Database | None = None) -> Iterator[Database]:
        """Create a database, a copy of `template` or an empty one with the schema."""
        name = f"bench_{secrets.token_hex(4)}"
        original = template.name if template else str(make_url(self.postgres.url).database)
        with psycopg.connect(self.postgres.superuser_dsn, autocommit=True) as connection:
            connection.execute(
                f"CREATE DATABASE {name} TEMPLATE {original} OWNER automation_owner"
                " STRATEGY file_copy"
            )
            url = make_url(self.postgres.url).set(database=name)
            dsn = psycopg.conninfo.make_conninfo(self.postgres.superuser_dsn, dbname=name)
            broker = self.valkey.url.removesuffix("0") + str(next(_keyspaces))
            yield Database(name, url.render_as_string(hide_password=False), dsn, broker)
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def environ(self, database: Database) -> dict[str, str]:
        """Return the environment of the product's processes on `database`."""
        return {
            **os.environ,
            **_SECRETS,
            "PYTHONPATH": str(ROOT),
            "PYTHONWARNINGS": "ignore",
            "DATABASE_URL": database.url,
            "CELERY_BROKER_URL": database.broker,
        }

    def settings(self, database: Database) -> Settings:
        """Return the product's settings on `database`."""
        return Settings.load(self.environ(database))

    @contextmanager
    def contender(
        self, name: str, command: Sequence[str | Path], environ: Mapping[str, str], *, ready: str
    ) -> Iterator[subprocess.Popen[bytes]]:
        """Run a process until the end of the block; wait until its log contains `ready`."""
        log = self.folder / f"{name}-{time.monotonic_ns()}.log"
        program = Program(name=name, command=command, environ=environ, log=log, folder=ROOT)
        with running(program) as process:
            await_true(lambda: log.exists() and ready in log.read_text(errors="replace"), log)
            yield process

    @contextmanager
    def web(self, environ: Mapping[str, str], *, address: str) -> Iterator[subprocess.Popen[bytes]]:
        """Run the product's web process, whose port is in `environ`, and wait until it answers."""
        with self.contender("web", command_of("web", environ), environ, ready="") as process:
            await_true(lambda: _answers(f"{address}/healthz"), "the web answers")
            yield process

    @contextmanager
    def dispatcher(self, database: Database) -> Iterator[subprocess.Popen[bytes]]:
        """Run the product's dispatcher as the Procfile does."""
        command = [sys.executable, "-m", "celery", "--quiet", "--app", "workers", "worker"]
        command += ["--queues", "dispatch", "--concurrency", str(WORKERS), "--events"]
        command += ["--without-gossip", "--without-mingle", "--loglevel", "info"]
        environ = self.environ(database)
        with self.contender("dispatcher", command, environ, ready=" ready.") as process:
            yield process


@contextmanager
def open_lab(folder: Path, *, rivals: Path | None) -> Iterator[Lab]:
    """Run a PostgreSQL that syncs every commit, and a broker, until the end of the block."""
    folder.mkdir(parents=True, exist_ok=True)
    with (
        start_postgres(folder) as server,
        psycopg.connect(server.superuser_dsn, autocommit=True) as connection,
    ):
        for name, value in _SERVER.items():
            connection.execute(f"ALTER SYSTEM SET {name} = '{value}'")
    with start_postgres(folder) as postgres, start_valkey(folder) as valkey:
        lab = Lab(folder, postgres, valkey, rivals)
        template = Database("", postgres.url, "", valkey.url)
        migrate(Settings.load({**lab.environ(template), "DATABASE_OWNER_URL": postgres.owner_url}))
        yield lab


def _answers(address: str) -> bool:
    try:
        return httpx.get(address).is_success
    except httpx.TransportError:
        return False


def await_true(
    condition: Callable[[], object], what: object, *, seconds: float = _READY_SECONDS
) -> None:
    """Wait until `condition()` is true. It is called every 5 ms, to leave time to the contenders.

    Raises TimeoutError with `what` after `seconds`.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"The condition was not met within {seconds:.0f} s: {what}")
        time.sleep(0.005)
