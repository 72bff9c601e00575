"""Runs the product's outbound worker with a provider on loopback, and inserts many texts."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import httpx
from celery import Celery
from psycopg import Connection

from app.bootstrap import Container, build
from app.customers.identify import identify
from app.customers.identity import Identity
from app.outbound.enqueue import enqueue
from app.outbound.messages import Text
from benchmarks.lab import WORKERS, Lab, await_true
from devtools.stack.ports import free_port
from workers.application import create_celery

RUN = "outbound.run"
ANSWER_SECONDS = 0.05

_COPY = """
WITH customer AS (
    INSERT INTO cc_customers (number_encrypted, number_fingerprint, masked)
    SELECT number_encrypted, 'recipient ' || n, masked
    FROM cc_customers, generate_series(2, %(count)s) AS n
    WHERE id = (SELECT customer_id FROM cc_outbound_jobs WHERE id = %(first)s)
    RETURNING id
)
INSERT INTO cc_outbound_jobs
    (kind, customer_id, text_encrypted)
SELECT kind, customer.id, text_encrypted
FROM cc_outbound_jobs AS job, customer WHERE job.id = %(first)s
"""
_CODES = (
    "SELECT id, extract(epoch FROM created_at)::float8 FROM cc_outbound_jobs WHERE kind = 'otp'"
)


@dataclass(frozen=True, slots=True)
class Sending:
    """A running outbound worker and its provider."""

    container: Container
    connection: Connection
    celery: Celery
    environ: dict[str, str]
    provider: str

    def start(self) -> None:
        """Start an outbound run in each worker process."""
        for _ in range(WORKERS):
            self.celery.send_task(RUN)

    def began(self) -> float:
        """Wait for the first call of the provider; return its time."""
        await_true(self.calls, "the first message")
        return self.calls()[0][0]

    def calls(self) -> list[tuple[float, int]]:
        """Return the time and the job id of each call so far."""
        return [(moment, job) for moment, job in httpx.get(self.provider).json()]

    def report_fraud(self, count: int) -> None:
        """Let `count` customers report fraud; each is sent a code."""
        command = [sys.executable, "-m", "benchmarks.contenders.reporters", "direct", "1"]
        subprocess.run([*command, str(count)], env=self.environ, check=True, capture_output=True)

    def waits_of_codes(self) -> list[float]:
        """Return the seconds from the creation of each code's job to the call with the code."""
        called = {job: moment for moment, job in reversed(self.calls())}
        codes = self.connection.execute(_CODES).fetchall()
        return [called[job] - created for job, created in codes if job in called]


def write_texts(container: Container, connection: Connection, count: int) -> None:
    """Insert `count` due texts, each to a different customer."""
    with container.sessions.begin() as session:
        to = identify(session, Identity(number="+34600111222"), vault=container.vault)
        first = enqueue(session, Text("A word to all customers."), to=to, vault=container.vault)
    connection.execute(_COPY, {"count": count, "first": first.job_id})
    connection.execute("VACUUM ANALYZE cc_outbound_jobs, cc_customers")


@contextmanager
def open_sending(lab: Lab, per_second: int) -> Iterator[Sending]:
    """Run a provider and the outbound worker of the Procfile; `start` begins the sending."""
    port = free_port()
    url = f"http://127.0.0.1:{port}/v1"
    with lab.database() as database, ExitStack() as stack:
        environ = lab.environ(database) | {
            "WHATSAPP_API_BASE_URL": url,
            "AUTOMATION_OUTBOUND_PER_SECOND": str(per_second),
        }
        provider = [sys.executable, "-m", "benchmarks.contenders.provider"]
        provider += [str(port), str(ANSWER_SECONDS)]
        stack.enter_context(lab.contender("provider", provider, environ, ready="ready"))
        stack.enter_context(lab.contender("outbound", _worker(), environ, ready=" ready."))
        container = build(lab.settings(database), process="sending")
        stack.callback(container.close)
        celery = create_celery(lab.settings(database))
        stack.callback(celery.close)
        connection = stack.enter_context(database.admin())
        yield Sending(container, connection, celery, environ, url)


def _worker() -> list[str]:
    command = [sys.executable, "-m", "celery", "--quiet", "--app", "workers", "worker"]
    command += ["--queues", "outbound,periodic", "--concurrency", str(WORKERS), "--events"]
    return [*command, "--without-gossip", "--without-mingle", "--loglevel", "info"]
