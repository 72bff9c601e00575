"""Connections: replaced when they are dead, asked nothing when they are alive, few round trips."""

from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from pathlib import Path

import psycopg
import pytest
from psycopg import Connection
from psycopg.errors import UniqueViolation
from psycopg.pq import Trace
from sqlalchemy import Engine

from app.core import database
from app.core.database import create_database_engine, driver_connection, pipelined_transaction
from app.core.settings import Settings
from devtools.stack.servers import PostgresServer

INSERT = """
INSERT INTO cc_automation_events (event_type, dedupe_key, payload, subject_ref)
VALUES ('fraud_case_created', %s, '{}', 'case:1')
"""
COUNT = "SELECT count(*) FROM cc_automation_events"

RoundTrips = Callable[[Connection, Callable[[], object]], int]


@pytest.fixture
def engine(settings: Settings) -> Iterator[Engine]:
    """Return the engine of a process that has not connected yet."""
    engine = create_database_engine(settings.database_url, application_name="test")
    yield engine
    engine.dispose()


@pytest.fixture
def round_trips(tmp_path: Path) -> RoundTrips:
    """Return a function that counts how often a connection waits for the server in an act."""

    def count(connection: Connection, act: Callable[[], object]) -> int:
        with (tmp_path / "trace").open("w") as file:
            connection.pgconn.trace(file.fileno())
            connection.pgconn.set_trace_flags(Trace.SUPPRESS_TIMESTAMPS)
            act()
            connection.pgconn.untrace()
        lines = (tmp_path / "trace").read_text().splitlines()
        return sum(side == "B" for side, _messages in groupby(line[0] for line in lines))

    return count


def _terminate(postgres: PostgresServer, pid: int) -> None:
    with psycopg.connect(postgres.superuser_dsn, autocommit=True) as connection:
        connection.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])


def _lend(engine: Engine) -> int:
    with driver_connection(engine) as connection:
        return connection.info.backend_pid


def test_a_connection_that_the_server_closed_is_replaced_when_it_is_lent(
    engine: Engine, postgres: PostgresServer
) -> None:
    lost = _lend(engine)
    _terminate(postgres, lost)

    with driver_connection(engine) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
        assert connection.info.backend_pid != lost


def test_a_connection_in_use_is_lent_again_without_a_round_trip(
    engine: Engine, round_trips: RoundTrips
) -> None:
    with driver_connection(engine) as connection:
        pass

    assert round_trips(connection, lambda: _lend(engine)) == 0


def test_a_connection_that_was_idle_is_asked_once_whether_it_is_alive(
    engine: Engine, round_trips: RoundTrips, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "PING_AFTER_SECONDS", -1.0)
    with driver_connection(engine) as connection:
        pass

    assert round_trips(connection, lambda: _lend(engine)) == 1


def test_a_session_that_follows_on_the_same_connection_is_in_a_transaction(engine: Engine) -> None:
    backend = _lend(engine)

    with engine.connect() as connection:
        connection.exec_driver_sql("SELECT 1")
        driver = connection.connection.driver_connection
        assert driver is not None
        assert driver.info.backend_pid == backend
        assert driver.info.transaction_status is psycopg.pq.TransactionStatus.INTRANS


def test_a_connection_that_is_left_inside_a_transaction_is_not_lent_again(engine: Engine) -> None:
    with driver_connection(engine) as connection:
        connection.execute("BEGIN")
        left = connection.info.backend_pid

    assert _lend(engine) != left


def test_a_pipelined_transaction_costs_a_round_trip_per_fetch_and_one_to_commit(
    engine: Engine, round_trips: RoundTrips
) -> None:
    def work(connection: Connection) -> None:
        with pipelined_transaction(connection):
            connection.execute(COUNT).fetchone()
            connection.execute(INSERT, ["a"])
            connection.execute(INSERT, ["b"])

    with driver_connection(engine) as connection:
        assert round_trips(connection, lambda: work(connection)) == 2
        assert connection.execute(COUNT).fetchone() == (2,)


def test_a_pipelined_transaction_writes_nothing_if_one_of_its_statements_fails(
    engine: Engine,
) -> None:
    with driver_connection(engine) as connection:
        with pytest.raises(UniqueViolation):
            _insert(connection, ["a", "a", "b"])

        assert connection.execute(COUNT).fetchone() == (0,)


def test_a_pipelined_transaction_writes_nothing_if_its_block_raises(engine: Engine) -> None:
    def keys() -> Iterator[str]:
        yield "a"
        raise ZeroDivisionError

    with driver_connection(engine) as connection:
        with pytest.raises(ZeroDivisionError):
            _insert(connection, keys())

        assert connection.execute(COUNT).fetchone() == (0,)


def test_a_connection_works_on_after_transactions_that_failed_while_it_prepared_statements(
    engine: Engine,
) -> None:
    with driver_connection(engine) as connection:
        for number in range(10):
            with pytest.raises(UniqueViolation):
                _insert(connection, ["a", "a", "b"])
            _insert(connection, [f"kept {number}"])

        assert connection.execute(COUNT).fetchone() == (10,)


def _insert(connection: Connection, keys: Iterable[str]) -> None:
    with pipelined_transaction(connection):
        for key in keys:
            connection.execute(INSERT, [key])
