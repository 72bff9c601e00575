"""The PostgreSQL and the broker that the arenas of one test process break and heal in turn."""

import os
import secrets
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from sqlalchemy import make_url

from app.core.schema import migrate
from app.core.settings import Settings
from devtools.stack.ports import free_port
from devtools.stack.programs import spawn
from devtools.stack.servers import PostgresServer, ValkeyServer
from tests.conftest import SECRETS

if TYPE_CHECKING:
    import subprocess


class Servers:
    """Two servers. Each arena gets a database of its own, and an empty broker."""

    def __init__(self, folder: Path) -> None:
        self.postgres = PostgresServer.at(folder, durable=True)
        self.valkey = ValkeyServer(folder=folder.resolve(), port=free_port())
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def prepare(self) -> None:
        """Start both, and migrate the database that each arena copies."""
        self.start_missing()
        self.postgres.create_database()
        environ = SECRETS | {
            "DATABASE_URL": self.postgres.url,
            "DATABASE_OWNER_URL": self.postgres.owner_url,
            "CELERY_BROKER_URL": self.valkey.url,
        }
        migrate(Settings.load(environ))

    def start_missing(self) -> None:
        """Start each server that does not run. PostgreSQL keeps its data, the broker is empty."""
        if "postgres" not in self._running:
            self._running["postgres"] = spawn(self.postgres.prepare())
            self.postgres.wait(self._running["postgres"])
        if "broker" not in self._running:
            self._running["broker"] = spawn(self.valkey.program())
            self.valkey.wait(self._running["broker"])

    def kill(self, name: str, how: signal.Signals = signal.SIGKILL) -> None:
        """Send a signal to a server with all its processes, and wait until it is gone."""
        process = self._running.pop(name)
        if how is signal.SIGKILL:
            os.killpg(process.pid, how)
        else:
            process.send_signal(how)
        process.wait(timeout=60)

    @contextmanager
    def database(self) -> Iterator[dict[str, str]]:
        """Yield the settings of a fresh, migrated database."""
        name = f"arena_{secrets.token_hex(6)}"
        template = make_url(self.postgres.url).database
        self._as_superuser(
            f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY OWNER automation_owner"
        )
        yield {
            "DATABASE_URL": _in_database(self.postgres.url, name),
            "DATABASE_OWNER_URL": _in_database(self.postgres.owner_url, name),
            "CELERY_BROKER_URL": self.valkey.url,
        }
        self.start_missing()
        self._as_superuser(f"DROP DATABASE {name} WITH (FORCE)")

    def close(self) -> None:
        """End both."""
        for name, how in {"broker": signal.SIGKILL, "postgres": signal.SIGINT}.items():
            if name in self._running:
                self.kill(name, how)
        self.postgres.clean_up()

    def _as_superuser(self, statement: str) -> None:
        with psycopg.connect(self.postgres.superuser_dsn, autocommit=True) as connection:
            connection.execute(statement)


def _in_database(url: str, name: str) -> str:
    return make_url(url).set(database=name).render_as_string(hide_password=False)
