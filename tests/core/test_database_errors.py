"""The classification of database errors."""

import psycopg
import pytest
from psycopg import errors
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app.core.database_errors import Fault, as_unavailable, fault_of, is_statement_timeout
from app.core.errors import DatabaseUnavailable


@pytest.mark.parametrize(
    "state, fault",
    [
        ("08006", Fault.AWAY),
        ("25006", Fault.AWAY),
        ("53100", Fault.AWAY),
        ("57P01", Fault.AWAY),
        ("57P03", Fault.AWAY),
        ("40001", Fault.BUSY),
        ("40P01", Fault.BUSY),
        ("53300", Fault.BUSY),
        ("55P03", Fault.BUSY),
        ("57014", Fault.BUSY),
        ("22003", Fault.REFUSED),
        ("23505", Fault.REFUSED),
        ("54000", Fault.REFUSED),
        ("P0001", Fault.REFUSED),
        ("42P01", Fault.OURS),
        ("42501", Fault.OURS),
        ("XX000", Fault.OURS),
    ],
)
def test_an_sqlstate_has_the_same_meaning_with_and_without_sqlalchemys_wrapper(
    state: str, fault: Fault
) -> None:
    error = errors.lookup(state)()
    assert fault_of(error) is fault
    assert fault_of(DBAPIError.instance("SELECT 1", None, error, psycopg.Error)) is fault


@pytest.mark.parametrize(
    "error, fault",
    [
        (psycopg.OperationalError("connection refused"), Fault.AWAY),
        (psycopg.InterfaceError("the connection is closed"), Fault.AWAY),
        (psycopg.DataError("PostgreSQL text fields cannot contain NUL"), Fault.REFUSED),
        (psycopg.ProgrammingError("the query has 1 placeholder"), Fault.OURS),
        (PoolTimeout("QueuePool limit reached"), Fault.BUSY),
        (ValueError("no error of the database"), Fault.OURS),
    ],
)
def test_an_error_without_sqlstate_is_classified_by_its_class(
    error: Exception, fault: Fault
) -> None:
    assert fault_of(error) is fault


def test_a_server_that_does_not_answer_counts_as_away() -> None:
    engine = create_engine("postgresql+psycopg://nobody@127.0.0.1:9/nothing")
    told = pytest.raises(DatabaseUnavailable, match=r"can't be reached.*\(OperationalError\)")
    with told, as_unavailable():
        engine.connect()


def test_a_statement_timeout_differs_from_a_lock_timeout(
    database_url: str,
) -> None:
    engine = create_engine(database_url)
    with engine.connect() as connection:
        connection.execute(text("SET statement_timeout = 10"))
        with pytest.raises(OperationalError) as caught:
            connection.execute(text("SELECT pg_sleep(5)"))
    engine.dispose()
    assert is_statement_timeout(caught.value)
    assert not is_statement_timeout(errors.LockNotAvailable())


def test_a_permanent_error_is_raised_unchanged() -> None:
    with pytest.raises(errors.UndefinedTable), as_unavailable():
        raise errors.UndefinedTable
