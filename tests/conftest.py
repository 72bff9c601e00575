"""Fixtures that every test may use: a real PostgreSQL, a database of its own, a clock to turn."""

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import psycopg
import pytest
from argon2 import PasswordHasher
from argon2.profiles import CHEAPEST
from cryptography.fernet import Fernet
from sqlalchemy import make_url
from xdist.remote import Producer

from app.bootstrap import Container, build
from app.core.database import Sessions
from app.core.schema import migrate
from app.core.settings import Settings
from app.identity import passwords
from devtools.stack.servers import PostgresServer, start_postgres
from tests.chaos.report import write_report
from tests.scheduling import GroupedScheduling

SECRETS = {
    "WHATSAPP_VERIFY_TOKEN": "verify-token-of-the-tests",
    "WHATSAPP_APP_SECRET": "app-secret-of-the-tests",
    "WHATSAPP_ACCESS_TOKEN": "access-token-of-the-tests",
    "WHATSAPP_PHONE_NUMBER_ID": "100200300",
    "WHATSAPP_API_BASE_URL": "http://127.0.0.1:9/v26.0",
    "AUTOMATION_SECRET_KEY": "a secret key that only the tests know",
    "AUTOMATION_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
}

HASHER, HASH_OF_NOBODY = passwords._HASHER, passwords._NOBODY
"""Of production. The tests hash their passwords with cheap parameters."""

MEMORY_NEEDED = 2 * 1024**3
"""Bytes that must be free in memory before a test server keeps its data there."""


@dataclass(slots=True)
class TurnableClock:
    """A clock that stands still until a test turns it."""

    now: datetime = field(default_factory=lambda: datetime(2026, 11, 22, 12, tzinfo=UTC))

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **units: float) -> None:
        """Turn the clock forward, by the units of `timedelta`."""
        self.now += timedelta(**units)


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    """Return a PostgreSQL server of this test process, with a migrated template database."""
    with (
        fast_folder(tmp_path_factory) as folder,
        start_postgres(folder, durable=False) as server,
    ):
        migrate(Settings.load(_environment(server.url, server.owner_url)))
        yield server


@pytest.fixture
def database_urls(postgres: PostgresServer) -> Iterator[tuple[str, str]]:
    """Return the runtime's and the owner's URL of a fresh, migrated database."""
    name = f"test_{secrets.token_hex(6)}"
    template = make_url(postgres.url).database
    with psycopg.connect(postgres.superuser_dsn, autocommit=True) as connection:
        connection.execute(
            f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY OWNER automation_owner"
        )
        yield _in_database(postgres.url, name), _in_database(postgres.owner_url, name)
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def database_url(database_urls: tuple[str, str]) -> str:
    """Return the runtime's URL of the test's own database."""
    return database_urls[0]


@pytest.fixture
def settings(database_urls: tuple[str, str], tmp_path: Path) -> Settings:
    """Return settings that point at the test's own database."""
    environment = _environment(*database_urls) | {"AUTOMATION_DATA_DIR": str(tmp_path)}
    return Settings.load(environment)


@pytest.fixture(scope="session", autouse=True)
def _cheap_passwords() -> Iterator[None]:
    """Hash with the parameters that argon2 has for tests: 0.2 s of CPU time less per password."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_HASHER", PasswordHasher.from_parameters(CHEAPEST))
        patch.setattr(passwords, "_NOBODY", passwords.hash_of_nobody(CHEAPEST))
        yield


@pytest.fixture
def clock() -> TurnableClock:
    """Return the clock that `container` goes by."""
    return TurnableClock()


@pytest.fixture
def container(settings: Settings, clock: TurnableClock) -> Iterator[Container]:
    """Return the product's container on the test's own database, with a seeded randomness."""
    container = build(settings, process="test", clock=clock, random=Random(7))
    yield container
    container.close()


@pytest.fixture
def sessions(container: Container) -> Sessions:
    """Return the session factory of `container`."""
    return container.sessions


def pytest_configure(config: pytest.Config) -> None:
    """Keep this run's temporary folders apart from those of any other run.

    pytest closes the folder that all runs of a user share whenever one of them starts; a
    PostgreSQL that runs as another user, as it must under root, then loses its data.
    """
    if not hasattr(config, "workerinput"):
        os.environ["PYTEST_DEBUG_TEMPROOT"] = tempfile.mkdtemp(prefix="automation-tests-")


def pytest_xdist_auto_num_workers() -> int:
    """Use one process more than there are cores, because many tests wait for other processes."""
    return (os.cpu_count() or 1) + 1


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> GroupedScheduling:
    """Keep the tests together that share a running stack or a service."""
    return GroupedScheduling(config, log)


def pytest_itemcollected(item: pytest.Item) -> None:
    """Give each operation of the API an id of its own, or pytest-xdist runs only the first ones.

    schemathesis 4.32 names the operation in the name of the test, which pytest 9.2 leaves out of
    the id.
    """
    if operation := getattr(item, "operation_label", None):
        item._id = item.id.with_params(operation)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Remove the temporary folders of a run that passed."""
    if not hasattr(session.config, "workerinput") and exitstatus == pytest.ExitCode.OK:
        shutil.rmtree(os.environ["PYTEST_DEBUG_TEMPROOT"], ignore_errors=True)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the chaos report below the tests' own summary."""
    write_report(terminalreporter)


@contextmanager
def fast_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return a folder in memory if there is room, because each test copies a database.

    On the disk of a small machine a copy takes 170 ms, in memory 14 ms.
    """
    memory = Path("/dev/shm")  # noqa: S108 - the folder inside it gets a random name
    if not (memory.is_dir() and shutil.disk_usage(memory).free > MEMORY_NEEDED):
        yield tmp_path_factory.mktemp("postgres")
        return
    with tempfile.TemporaryDirectory(dir=memory, prefix="automation-tests-") as folder:
        yield Path(folder)


def _environment(url: str, owner_url: str) -> dict[str, str]:
    return SECRETS | {
        "DATABASE_URL": url,
        "DATABASE_OWNER_URL": owner_url,
        "CELERY_BROKER_URL": "redis://127.0.0.1:9/0",
    }


def _in_database(url: str, name: str) -> str:
    return make_url(url).set(database=name).render_as_string(hide_password=False)
