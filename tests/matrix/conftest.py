"""Fixtures for database and broker services of this machine, which must be running already.

Each fixture removes what it has created.
"""

import os
import secrets
from collections.abc import Iterator
from contextlib import suppress
from typing import NoReturn

import psycopg
import pytest
from kombu import Connection, Queue
from kombu.exceptions import OperationalError
from redis import Redis
from redis.exceptions import ConnectionError as RedisAway
from sqlalchemy import make_url

POSTGRES = os.environ.get("MATRIX_POSTGRES_URL", "postgresql://postgres@127.0.0.1:5432/postgres")
REDIS = os.environ.get("MATRIX_REDIS_URL", "redis://127.0.0.1:6379/7")
RABBITMQ = os.environ.get("MATRIX_RABBITMQ_URL", "amqp://guest:guest@127.0.0.1:5672//")

QUEUES = ("dispatch", "outbound", "periodic")
CONNECT_SECONDS = 3


@pytest.fixture
def postgres_service() -> Iterator[dict[str, str]]:
    """Create a database and two logins for the test; return their settings."""
    try:
        server = psycopg.connect(POSTGRES, autocommit=True, connect_timeout=CONNECT_SECONDS)
    except psycopg.OperationalError:
        pytest.skip(_reason("accessible PostgreSQL service", "MATRIX_POSTGRES_URL"))
    mark = secrets.token_hex(4)
    owner, login = f"matrix_owner_{mark}", f"matrix_app_{mark}"
    with server as connection:
        had_role = _has_service_role(connection)
        connection.execute(f"CREATE ROLE {owner} LOGIN CREATEROLE")
        connection.execute(f"CREATE ROLE {login} LOGIN")
        connection.execute(f"CREATE DATABASE {owner} OWNER {owner}")
        if had_role:
            _grant_service_role(connection, to=owner)
        try:
            yield {"DATABASE_URL": _url(login, owner), "DATABASE_OWNER_URL": _url(owner, owner)}
        finally:
            connection.execute(f"DROP DATABASE {owner} WITH (FORCE)")
            connection.execute(f"DROP ROLE {login}")
            connection.execute(f"DROP ROLE {owner}")
            if not had_role:
                with suppress(psycopg.errors.DependentObjectsStillExist):
                    connection.execute("DROP ROLE IF EXISTS service_role")


@pytest.fixture
def redis_service() -> Iterator[dict[str, str]]:
    """Return the settings for an empty database of the Redis service."""
    client = Redis.from_url(REDIS, socket_connect_timeout=CONNECT_SECONDS)
    try:
        is_used = bool(client.dbsize())
    except RedisAway:
        _missing("Redis service", "MATRIX_REDIS_URL")
    if is_used:
        pytest.skip(f"{REDIS} is not empty; set MATRIX_REDIS_URL to an empty database.")
    yield {"CELERY_BROKER_URL": REDIS}
    client.flushdb()
    client.close()


@pytest.fixture
def rabbitmq_service() -> Iterator[dict[str, str]]:
    """Return the settings for the RabbitMQ service; delete the product's queues afterwards."""
    with Connection(RABBITMQ, connect_timeout=CONNECT_SECONDS) as connection:
        try:
            connection.ensure_connection(max_retries=1, timeout=CONNECT_SECONDS)
        except OperationalError:
            _missing("RabbitMQ service", "MATRIX_RABBITMQ_URL")
    yield {"CELERY_BROKER_URL": RABBITMQ}
    with Connection(RABBITMQ) as connection:
        for name in QUEUES:
            Queue(name, channel=connection.default_channel).delete()


def _missing(part: str, variable: str) -> NoReturn:
    """Skip the test, or fail if REQUIRE_ALL=1, because this service needs no password."""
    if os.environ.get("REQUIRE_ALL") == "1":
        pytest.fail(_reason(part, variable))
    pytest.skip(_reason(part, variable))


def _reason(part: str, variable: str) -> str:
    return f"There is no {part} on this machine; start one, or set {variable}."


def _has_service_role(connection: psycopg.Connection) -> bool:
    found = connection.execute("SELECT FROM pg_roles WHERE rolname = 'service_role'").fetchone()
    return found is not None


def _grant_service_role(connection: psycopg.Connection, *, to: str) -> None:
    """Grant the role with ADMIN OPTION, which the owner needs since PostgreSQL 16 to grant it."""
    connection.execute(f"GRANT service_role TO {to} WITH ADMIN OPTION")


def _url(user: str, database: str) -> str:
    url = make_url(POSTGRES).set(username=user, password=None, database=database)
    return url.render_as_string(hide_password=False)
