"""Starts the contenders: the product, the limit, a task per event, and the rivals."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import LiteralString

from psycopg import Connection
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import make_url

from benchmarks import seed
from benchmarks.lab import WORKERS, Database, Lab
from benchmarks.measure_drain import Contender, drain
from devtools import ROOT
from workers.application import create_celery

DISPATCH = "dispatch.dispatch_due_events"
EVENTS = 20_000
_CONTENDERS = ROOT / "benchmarks" / "contenders"

_EVENTS_LEFT = "SELECT EXISTS (SELECT FROM cc_automation_events WHERE next_attempt_at <= now())"

_JOB = """jsonb_build_object('case_id', n, 'masked_phone', '••• 1234', 'report',
    'I got a call from someone who said they were my bank and then money was gone.',
    'dedupe_key', 'fraud_case_created:' || n)"""
_PGQUEUER_JOBS = f"""
INSERT INTO pgqueuer (priority, entrypoint, payload, execute_after, status)
SELECT 0, 'deliver', convert_to({_JOB}::text, 'utf8'), now(), 'queued'
FROM generate_series(1, %s) AS n
"""
_PROCRASTINATE_JOBS = f"""
INSERT INTO procrastinate_jobs (queue_name, task_name, args)
SELECT 'deliver', 'deliver', {_JOB} FROM generate_series(1, %s) AS n
"""


@contextmanager
def product(lab: Lab, database: Database, *, count: int = EVENTS) -> Iterator[Contender]:
    """Run the product's dispatcher, after the first run of each of its processes.

    That first run dispatches one event at a time, as after a crash.
    """
    with lab.dispatcher(database) as process, database.admin() as connection:
        celery = create_celery(lab.settings(database))

        def go() -> None:
            with celery.producer_or_acquire() as producer:
                for _ in range(WORKERS):
                    celery.send_task(DISPATCH, producer=producer)

        for _ in range(3):  # So that every process has had its first run.
            drain(connection, Contender("warm-up", 3_000, due(3_000), _EVENTS_LEFT, go))
        yield Contender("product", count, due(count), _EVENTS_LEFT, go, process.pid)
        celery.close()


@contextmanager
def limit(lab: Lab, database: Database) -> Iterator[Contender]:
    url = make_url(database.url).set(drivername="postgresql")
    dsn = url.render_as_string(hide_password=False)
    command = [sys.executable, "-m", "benchmarks.contenders.limit", dsn]
    with ExitStack() as stack, database.admin() as connection:
        for number in range(WORKERS):
            environ = lab.environ(database)
            stack.enter_context(lab.contender(f"limit-{number}", command, environ, ready="ready"))
        yield Contender(
            "limit",
            EVENTS,
            due(EVENTS),
            _EVENTS_LEFT,
            lambda: connection.execute("NOTIFY go"),
        )


@contextmanager
def task_per_event(
    lab: Lab, database: Database, connection: Connection, count: int
) -> Iterator[Contender]:
    command = [sys.executable, "-m", "celery", "--quiet", "--app"]
    command += ["benchmarks.contenders.task_per_event", "worker", "--queues", "contender"]
    command += ["--concurrency", str(WORKERS), "--without-gossip", "--without-mingle"]
    command += ["--without-heartbeat", "--loglevel", "warning"]
    environ = lab.environ(database)
    celery = create_celery(lab.settings(database))

    def go() -> None:
        ids = connection.execute("SELECT id FROM cc_automation_events ORDER BY id").fetchall()
        with celery.producer_or_acquire() as producer:
            for (event_id,) in ids:
                celery.send_task(
                    "contender.deliver", [event_id], queue="contender", producer=producer
                )

    with _quiet_worker(lab, command, environ):
        yield Contender("a task and a commit per event", count, due(count), _EVENTS_LEFT, go)
    celery.close()


@contextmanager
def _quiet_worker(lab: Lab, command: list[str], environ: dict[str, str]) -> Iterator[None]:
    """Run a worker that does not print when it is ready; wait three seconds instead."""
    with lab.contender("task-per-event", command, environ, ready=""):
        time.sleep(3)
        yield


@contextmanager
def rivals(lab: Lab, database: Database, slow: int) -> Iterator[list[Contender]]:
    if lab.rivals is None:
        yield []
        return
    with ExitStack() as stack:
        for name in ("pgqueuer", "procrastinate"):
            stack.enter_context(rival(lab, database, name))
        left = "SELECT EXISTS (SELECT FROM {})"
        yield [
            Contender(
                "PgQueuer",
                slow * 5,
                _jobs("pgqueuer", _PGQUEUER_JOBS, slow * 5),
                left.format("pgqueuer"),
            ),
            Contender(
                "Procrastinate",
                slow,
                _jobs("procrastinate_jobs", _PROCRASTINATE_JOBS, slow),
                left.format("procrastinate_jobs"),
            ),
        ]


@contextmanager
def rival(lab: Lab, database: Database, name: str) -> Iterator[None]:
    """Install a rival's tables and run its workers, as a role without row-level security."""
    parts = conninfo_to_dict(database.dsn)
    dsn = f"postgresql://{parts['user']}@/{parts['dbname']}?host={parts['host']}"
    command = [str(lab.rivals), str(_CONTENDERS / f"{name}_worker.py")]
    subprocess.run([*command, "install", dsn], check=True, capture_output=True)
    with ExitStack() as stack:
        for number in range(WORKERS):
            stack.enter_context(
                lab.contender(f"{name}-{number}", [*command, "run", dsn], {}, ready="ready")
            )
        yield


def due(count: int, *, raising: bool = False) -> Callable[[Connection, int], None]:
    return lambda connection, first: seed.due(connection, count, first=first, raising=raising)


def _jobs(table: str, query: LiteralString, count: int) -> Callable[[Connection, int], None]:
    def write(connection: Connection, _first: int) -> None:
        connection.execute(query, [count])
        connection.execute(f"ANALYZE {table}")

    return write
