"""The tasks in a worker of pytest-celery on a real broker, without beat and listener."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from celery import Celery
from celery.contrib.testing.worker import start_worker
from sqlalchemy import text

from app.bootstrap import Container
from app.core.settings import Settings
from app.outbox.record import record_event
from app.periodic.heartbeat import heartbeat_ages
from app.web.verdict import WORKERS
from devtools.stack.servers import start_valkey
from tests.conftest import SECRETS
from tests.dispatch.conftest import a_fraud_case
from tests.workers.conftest import eventually
from workers import container as process
from workers import tasks
from workers.retry_debounce import RetryDebounce
from workers.tasks import INFRASTRUCTURE


@pytest.fixture(scope="session")
def celery_config(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """Point pytest-celery's application at a broker of its own."""
    with start_valkey(tmp_path_factory.mktemp("valkey")) as server:
        yield {"broker_url": server.url, "task_ignore_result": True, "task_acks_late": True}


@pytest.fixture
def process_container(
    celery_session_app: Celery, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """Point the tasks at the test's own database, and close what they built for it."""
    environ = SECRETS | {
        "DATABASE_URL": settings.database_url,
        "CELERY_BROKER_URL": celery_session_app.conf.broker_url,
        "AUTOMATION_RETRY_BASE_SECONDS": "0.3",
    }
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(tasks, "_dispatch_retry", RetryDebounce())
    process.container.cache_clear()
    yield
    process.container().close()
    process.container.cache_clear()
    celery_session_app.control.purge()


@pytest.fixture
def send(
    process_container: None,  # noqa: ARG001 - it outlives the worker
    celery_session_app: Celery,
) -> Iterator[Callable[[str], object]]:
    """Return a function that sends a task to a worker on the test's own database.

    The worker ends with the test: a task that came back later would build a container that
    nobody closes.
    """
    with start_worker(celery_session_app, perform_ping_check=False):
        yield celery_session_app.send_task


def _attempts(container: Container) -> int:
    with container.sessions.begin() as session:
        return session.scalar(text("SELECT attempts FROM cc_automation_events")) or 0


def _record(container: Container, count: int = 1) -> None:
    with container.sessions.begin() as session:
        for number in range(1, count + 1):
            record_event(session, a_fraud_case(number))


def test_one_message_brings_every_due_event_to_the_inbox(
    send: Callable[[str], object], container: Container
) -> None:
    _record(container, 3)

    send("dispatch.dispatch_due_events")

    def arrived() -> bool:
        with container.sessions.begin() as session:
            return bool(session.scalar(text("SELECT count(*) = 3 FROM cc_admin_inbox_items")))

    assert eventually(arrived)


def test_a_failed_event_is_attempted_as_often_as_it_is_due_by_celerys_own_retry(
    send: Callable[[str], object], container: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUTOMATION_DISPATCHER_FORCE_FAIL", "1")
    monkeypatch.setenv("AUTOMATION_RETRY_CAP_SECONDS", "0.05")
    monkeypatch.setenv("AUTOMATION_MAX_ATTEMPTS", "100")
    _record(container)

    send("dispatch.dispatch_due_events")

    assert eventually(lambda: _attempts(container) > INFRASTRUCTURE["max_retries"] + 1)


def test_the_workers_of_each_queue_have_a_heartbeat(
    send: Callable[[str], object], container: Container
) -> None:
    for queue in ("dispatch", "outbound", "periodic", "notifications"):
        send(f"{queue}.heartbeat")

    def seen() -> set[str]:
        with container.sessions.begin() as session:
            return set(heartbeat_ages(session))

    assert eventually(lambda: seen() == {"beat", *WORKERS})
