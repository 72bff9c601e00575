"""A stack to break: a database and a broker, workers, beat, producers."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from random import Random
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

import psutil
import psycopg
import redis
from psycopg.conninfo import make_conninfo
from sqlalchemy import insert, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from app.bootstrap import build
from app.core.settings import Settings
from app.customers.identify import identify
from app.customers.identity import Identity
from app.fraud.models import InboundMessage
from app.outbox.events import FraudCaseCreated
from app.outbox.models import AutomationEvent
from app.outbox.record import record_event
from devtools.stack.programs import Program, spawn
from tests.chaos.dying_producer import produce_and_die
from tests.chaos.servers import Servers
from tests.chaos.verdict import Verdict
from tests.conftest import SECRETS
from tests.forked import Forked, fork, fork_celery
from tests.workers.conftest import eventually
from workers.application import create_celery

if TYPE_CHECKING:
    import subprocess

RECOVERY_SECONDS = 90

VOLUME = int(os.environ.get("CHAOS_VOLUME", "1"))
"""Multiplies the events and messages of the tests that no fault limits in time."""

PORTION = 50
LEAST_PORTIONS = 4
PAUSE_SECONDS = 0.1
"""A producer commits some portions of events at once, then one after each pause."""

_WAITING = "SELECT id FROM cc_automation_events WHERE next_attempt_at IS NOT NULL LIMIT 1"


class Arena:
    """Starts, breaks and heals the parts; knows what the producers were told is committed."""

    def __init__(
        self, folder: Path, *, seed: int, servers: Servers, addresses: Mapping[str, str]
    ) -> None:
        self.folder = folder
        self.random = Random(seed)
        self.servers = servers
        self.postgres, self.valkey = servers.postgres, servers.valkey
        self.environ = {
            **os.environ,
            **SECRETS,
            **addresses,
            "AUTOMATION_RETRY_BASE_SECONDS": "0.2",
            "AUTOMATION_RETRY_CAP_SECONDS": "2",
        }
        self.container = build(Settings.load(self.environ), process="producer")
        self._running: dict[str, subprocess.Popen[bytes] | Forked] = {}
        self.celery = create_celery(self.container.settings)
        self._next_number = 0

    # The parts

    def prepare(self) -> None:
        """Empty the broker and create what every event needs."""
        self.client.flushall()
        with self.container.sessions.begin() as session:
            identify(session, Identity(number="+34600111222"), vault=self.container.vault)

    def start_worker(self, name: str = "worker", app: str = "workers", **settings: str) -> None:
        """Start a dispatcher worker, and wait until it is ready."""
        self._wait_for_worker(name, lambda: self._fork(name, app, _worker(name), settings))

    def start_fresh_worker(self, name: str, app: str, **settings: str) -> None:
        """Start a dispatcher worker as a command of its own, which imports everything itself."""
        self._wait_for_worker(name, lambda: self._spawn(name, app, _worker(name), settings))

    def start_beat(self, name: str = "beat", **settings: str) -> None:
        """Start a beat."""
        self._fork(name, "workers", ["beat", "--loglevel", "info"], settings)

    def kill(self, name: str, how: signal.Signals = signal.SIGKILL) -> None:
        """Send a signal to a part with all its processes, and wait until it is gone."""
        process = self._running.pop(name)
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
        log = self.folder / "producer.log"
        producer = fork(produce_and_die, crash, environ=self.environ, log=log)
        assert producer.wait(timeout=60) == -signal.SIGKILL

    def process(self, name: str) -> psutil.Process:
        """Return the process of a part."""
        return psutil.Process(self._running[name].pid)

    def log(self, name: str) -> str:
        """Return what a part has printed so far."""
        path = self.folder / f"{name}.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def close(self) -> None:
        """End every process that works here. One may have ended by itself."""
        for name in list(self._running):
            with suppress(ProcessLookupError):
                self.kill(name)
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
    def producing(self) -> Iterator[None]:
        """Commit events from another thread, portion after portion, until the block ends."""
        ended = Event()

        def produce() -> None:
            portions = 0
            while portions < LEAST_PORTIONS or not ended.wait(PAUSE_SECONDS):
                self.commit_events(PORTION)
                portions += 1

        thread = Thread(target=produce, name="producer")
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join(timeout=RECOVERY_SECONDS)
        assert not thread.is_alive(), "the producer hangs"

    def recover(self) -> Verdict:
        """Wait until nothing waits any more, and return what the rows say."""
        eventually(self._is_settled, within=RECOVERY_SECONDS)
        return Verdict.of(self.container.engine)

    @property
    def client(self) -> redis.Redis:
        """Return a client of the broker."""
        return redis.Redis(port=self.valkey.port)

    def _is_settled(self) -> bool:
        try:
            return not self.ask(_WAITING)
        except DBAPIError:
            return False

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

    def _wait_for_worker(self, name: str, start: Callable[[], None]) -> None:
        known = self.log(name).count(" ready.")
        start()
        eventually(lambda: self.log(name).count(" ready.") > known)

    def _fork(
        self, name: str, app: str, arguments: Sequence[str], settings: dict[str, str]
    ) -> None:
        environ, log = self.environ | settings, self.folder / f"{name}.log"
        self._running[name] = fork_celery("--app", app, *arguments, environ=environ, log=log)

    def _spawn(
        self, name: str, app: str, arguments: Sequence[str], settings: dict[str, str]
    ) -> None:
        command = [sys.executable, "-m", "celery", "--app", app, *arguments]
        environ, log = self.environ | settings, self.folder / f"{name}.log"
        program = Program(name=name, command=command, environ=environ, log=log)
        self._running[name] = spawn(program)


def _worker(name: str) -> list[str]:
    worker = ["worker", "--queues", "dispatch", "--loglevel", "info", "--hostname", f"{name}@%h"]
    return [*worker, "--without-gossip", "--without-mingle"]


def _message(number: int) -> dict[str, str | int]:
    return {
        "message_fingerprint": f"case:{number}",
        "customer_id": 1,
        "kind": "text",
    }


def _event(number: int, report: str) -> FraudCaseCreated:
    return FraudCaseCreated(case_id=number, masked_phone="••• 4567", language="en", report=report)
