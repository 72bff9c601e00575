"""Real brokers, and real workers in processes of their own."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TypeVar

import psutil
import pytest
from celery import Celery

from app.core.settings import Settings
from devtools.stack.programs import end_session
from devtools.stack.servers import ValkeyServer, start_valkey
from tests.conftest import SECRETS
from tests.forked import fork_celery
from workers.application import create_celery

TIMEOUT_SECONDS = 30

Outcome = TypeVar("Outcome")

StartCelery = Callable[..., "CeleryProcess"]


class CeleryProcess:
    """A running `celery` command, with what it has logged."""

    def __init__(self, pid: int, log: Path) -> None:
        self.process = psutil.Process(pid)
        self._log = log

    @property
    def log(self) -> str:
        """All that it has printed so far."""
        return self._log.read_text(errors="replace")

    def pool(self) -> list[psutil.Process]:
        """Return the child processes that run the tasks."""
        return self.process.children()


def eventually(holds: Callable[[], Outcome | None], *, within: float = TIMEOUT_SECONDS) -> Outcome:
    """Wait until `holds()` is true, and return what it returned; fail after `within` seconds."""
    deadline = time.monotonic() + within
    while not (outcome := holds()):
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.02)
    return outcome


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[ValkeyServer]:
    """Return an empty broker of the test's own."""
    with start_valkey(tmp_path) as server:
        yield server


@pytest.fixture
def environ(settings: Settings, valkey: ValkeyServer) -> dict[str, str]:
    """Return the environment of the processes under test."""
    return {
        **os.environ,
        **SECRETS,
        "DATABASE_URL": settings.database_url,
        "CELERY_BROKER_URL": valkey.url,
    }


@pytest.fixture
def celery_app(environ: dict[str, str]) -> Iterator[Celery]:
    """Return an application on the test's own broker, to send messages with."""
    app = create_celery(Settings.load(environ))
    yield app
    app.close()


@pytest.fixture
def start_celery(environ: dict[str, str], tmp_path: Path) -> Iterator[StartCelery]:
    """Return a function that starts a `celery` command and waits until it is ready."""
    with ExitStack() as stack:

        def start(
            *arguments: str, ready: str = " ready.", app: str = "workers", **settings: str
        ) -> CeleryProcess:
            log = tmp_path / f"celery-{time.monotonic_ns()}.log"
            log.touch()
            pid = fork_celery("--app", app, *arguments, environ=environ | settings, log=log).pid
            stack.callback(end_session, pid)
            started = CeleryProcess(pid, log)
            eventually(lambda: ready in started.log)
            return started

        yield start


@pytest.fixture
def start_dispatcher(start_celery: StartCelery) -> StartCelery:
    """Return a function that starts a worker on the dispatch queue."""

    def start(*arguments: str, **settings: str) -> CeleryProcess:
        worker = ["worker", "--queues", "dispatch", "--concurrency", "2", "--loglevel", "info"]
        quiet = ["--without-gossip", "--without-mingle"]
        return start_celery(*worker, *quiet, *arguments, **settings)

    return start
