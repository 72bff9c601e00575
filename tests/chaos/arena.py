"""A stack of its own to break: PostgreSQL, a broker, workers, beat, producers."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random
from threading import Thread
from typing import Any

import psutil
import psycopg
import redis
from psycopg.conninfo import make_conninfo
from sqlalchemy import insert, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from app.bootstrap import build
from app.core.schema import migrate
from app.core.settings import Settings
from app.customers.identify import identify
from app.customers.identity import Identity
from app.fraud.models import InboundMessage
from app.outbox.events import FraudCaseCreated
from app.outbox.models import AutomationEvent
from app.outbox.record import record_event
from devtools.stack.ports import free_port
from devtools.stack.programs import Program, spawn
from devtools.stack.servers import PostgresServer, ValkeyServer
from tests.chaos.verdict import Verdict
from tests.conftest import SECRETS
from tests.workers.conftest import eventually
from workers.application import create_celery

RECOVERY_SECONDS = 90
_WORKER = ["worker", "--queues", "dispatch", "--loglevel", "info"]
_QUIET = ["--without-gossip", "--without-mingle"]


class Arena:
    """Starts, breaks and heals the parts; knows what the producers were told is committed."""

    def __init__(self, folder: Path, *, seed: int) -> None:
        self.folder = folder
        self.random = Random(seed)
        self.postgres = PostgresServer.at(folder, durable=True)
        self.valkey = ValkeyServer(folder=folder.resolve(), port=free_port())
        self.environ = {
            **os.environ,
            **SECRETS,
            "DATABASE_URL": self.postgres.url,
            "DATABASE_OWNER_URL": self.postgres.owner_url,
            "CELERY_BROKER_URL": self.valkey.url,
            "AUTOMATION_RETRY_BASE_SECONDS": "0.2",
            "AUTOMATION_RETRY_CAP_SECONDS": "2",
        }
        self.container = build(Settings.load(self.environ), process="producer")
        self._running: dict[str, tuple[subprocess.Popen[bytes], Program]] = {}
        self.celery = create_celery(self.container.settings)
        self._next_number = 0

    # The parts

    def start_postgres(self) -> None:
        """Start the database server, which keeps its data from one start to the next."""
        program = self.postgres.prepare()
        self.postgres.wait(self._start("postgres", program))
        self.postgres.create_database()

    def prepare(self) -> None:
        """Start what everything needs: a migrated database and an empty broker."""
        self.start_postgres()
        migrate(self.container.settings)
        with self.container.sessions.begin() as session:
            identify(session, Identity(number="+34600111222"), vault=self.container.vault)
        self.start_broker()

    def start_broker(self) -> None:
        """Start an empty broker on its port."""
        self.valkey.wait(self._start("broker", self.valkey.program()))

    def start_celery(
        self, name: str, *arguments: str, app: str = "workers", **settings: str
    ) -> None:
        """Start a `celery` command under `name`."""
        command = [sys.executable, "-m", "celery", "--app", app, *arguments]
        environ = self.environ | settings
        log = self.folder / f"{name}.log"
        self._start(name, Program(name=name, command=command, environ=environ, log=log))

    def start_worker(self, name: str = "worker", app: str = "workers", **settings: str) -> None:
        """Start a dispatcher worker, and wait until it is ready."""
        known = self.log(name).count(" ready.")
        self.start_celery(name, *_WORKER, *_QUIET, "--hostname", f"{name}@%h", app=app, **settings)
        eventually(lambda: self.log(name).count(" ready.") > known)

    def start_beat(self, name: str = "beat", **settings: str) -> None:
        """Start a beat."""
        self.start_celery(name, "beat", "--loglevel", "info", **settings)

    def kill(self, name: str, how: signal.Signals = signal.SIGKILL) -> None:
        """Send a signal to a part with all its processes, and wait until it is gone."""
        process, _program = self._running.pop(name)
        if how is signal.SIGKILL:
            os.killpg(process.pid, how)
        else:
            process.send_signal(how)
        process.wait(timeout=60)

    def pause(self, shortest: float, longest: float) -> None:
        """Let a random time pass, in seconds."""
        time.sleep(self.random.uniform(shortest, longest))

    def terminate_backends(self, application_name: str) -> int:
        """Cut the database connections of an application; return how many there were."""
        with psycopg.connect(self.postgres.superuser_dsn, autocommit=True) as connection:
            cut = connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name = %s",
                [application_name],
            )
            return cut.rowcount

    def as_superuser(self, statement: str) -> None:
        """Execute a statement as the superuser of the server, in the product's database."""
        with self.rival() as connection:
            connection.execute(statement)

    def rival(self) -> psycopg.Connection:
        """Connect as the superuser, to get in the way of everyone else."""
        return psycopg.connect(
            make_conninfo(self.postgres.superuser_dsn, dbname=self.container.engine.url.database)
        )

    def ask(self, query: str) -> list[Any]:
        """Return the first column of a query."""
        with self.container.engine.connect() as connection:
            return list(connection.execute(text(query)).scalars())

    def send(self, task: str, arguments: Sequence[object] = ()) -> None:
        """Send a message as an older release, or a duplicating broker, might."""
        self.celery.send_task(task, args=arguments)

    def run_producer_that_dies(self, crash: str) -> None:
        """Run a producer in a process of its own that kills itself in its transaction."""
        command = [sys.executable, "-m", "tests.chaos.dying_producer", crash]
        ended = subprocess.run(command, env=self.environ, check=False, timeout=60)
        assert ended.returncode == -signal.SIGKILL

    def process(self, name: str) -> psutil.Process:
        """Return the process of a part."""
        return psutil.Process(self._running[name][0].pid)

    def log(self, name: str) -> str:
        """Return what a part has printed so far."""
        path = self.folder / f"{name}.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def close(self) -> None:
        """End everything that runs; the database goes last."""
        for name in [name for name in self._running if name != "postgres"]:
            self.kill(name)
        if "postgres" in self._running:
            self.kill("postgres", signal.SIGINT)
        self.postgres.clean_up()
        self.container.close()

    # What flows through them

    def commit_events(
        self, count: int, *, at_once: int = 20, report: str = "I see charges I don't know."
    ) -> None:
        """Commit so many business rows, each with its event, in transactions of random size.

        A transaction whose connection breaks is tried again with the same numbers, whose
        unique keys tell whether the lost answer was a yes.
        """
        while count > 0:
            size = min(count, self.random.randint(1, at_once))
            numbers = range(self._next_number, self._next_number + size)
            self._next_number += size
            self._commit(list(numbers), report)
            count -= size

    def commit_at_once(self, count: int, *, poison: str, every: int) -> None:
        """Commit so many events in one transaction, every n-th of them with a bad report."""
        first = self._next_number
        self._next_number += count
        numbers = range(first, first + count)
        events = [_event(each, poison if each % every == 0 else "Fraud!") for each in numbers]
        with self.container.sessions.begin() as session:
            session.execute(insert(InboundMessage), [_message(each) for each in numbers])
            session.execute(
                insert(AutomationEvent),
                [
                    {
                        "event_type": event.event_type,
                        "dedupe_key": event.dedupe_key,
                        "subject_ref": event.subject_ref,
                        "payload": event.payload,
                    }
                    for event in events
                ],
            )

    @contextmanager
    def producing(self, count: int) -> Iterator[None]:
        """Commit events from another thread for the length of the block, and wait for the last."""
        thread = Thread(target=self.commit_events, args=(count,), name="producer")
        thread.start()
        yield
        thread.join(timeout=RECOVERY_SECONDS)
        assert not thread.is_alive(), "the producer hangs"

    def recover(self) -> Verdict:
        """Wait until nothing waits any more, and return what the rows say."""

        def settled() -> Verdict | None:
            try:
                verdict = Verdict.of(self.container.engine)
            except DBAPIError:
                return None
            return verdict if not verdict.waiting else None

        return eventually(settled, within=RECOVERY_SECONDS)

    @property
    def client(self) -> redis.Redis:
        """Return a client of the broker."""
        return redis.Redis(port=self.valkey.port)

    def _commit(self, numbers: list[int], report: str) -> None:
        def attempt() -> bool:
            try:
                with self.container.sessions.begin() as session:
                    session.execute(insert(InboundMessage), [_message(each) for each in numbers])
                    for number in numbers:
                        record_event(session, _event(number, report))
            except IntegrityError:
                return True
            except DBAPIError:
                return False
            return True

        eventually(attempt, within=RECOVERY_SECONDS)

    def _start(self, name: str, program: Program) -> subprocess.Popen[bytes]:
        process = spawn(program)
        self._running[name] = process, program
        return process


def _message(number: int) -> dict[str, str | int]:
    return {
        "message_fingerprint": f"case:{number}",
        "customer_id": 1,
        "kind": "text",
    }


def _event(number: int, report: str) -> FraudCaseCreated:
    return FraudCaseCreated(case_id=number, masked_phone="••• 4567", language="en", report=report)
