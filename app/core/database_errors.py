"""Classify database errors by SQLSTATE.

psycopg's error classes are not enough. An OperationalError may be a lost connection, a full
disk, a deadlock, a statement timeout or a value that is too long for an index.
Source of the codes: appendix A of PostgreSQL's manual.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum

import psycopg
from sqlalchemy import exc

from app.core.errors import DatabaseUnavailable

DATABASE_ERRORS = (psycopg.Error, exc.DBAPIError, exc.TimeoutError)
"""What the driver and the connection pool raise."""

_STATEMENT_TIMEOUT = "57014"


class Fault(Enum):
    """The kinds of database errors. The value is the sentence that people see."""

    AWAY = "The database can't be reached or accepts no changes now; try again in a moment."
    BUSY = "The database was too busy to answer in time; try again in a moment."
    REFUSED = "The database refuses a value of this request; correct it before you try again."
    OURS = "An internal error occurred and was logged; tell an operator the time."

    @property
    def may_pass(self) -> bool:
        """Whether the same work may succeed if it is repeated later."""
        return self in {Fault.AWAY, Fault.BUSY}


_FAULTS = {
    "08": Fault.AWAY,  # connection exception
    "25006": Fault.AWAY,  # read-only transaction: a standby, or a server that is full
    "25P03": Fault.AWAY,  # the server closed a connection that was idle in a transaction
    "53": Fault.AWAY,  # insufficient resources: disk full, out of memory
    "53300": Fault.BUSY,  # too many connections
    "57P": Fault.AWAY,  # the server shuts down, or starts up
    "58": Fault.AWAY,  # system error, such as a failed read of a file
    "40": Fault.BUSY,  # deadlock, serialization failure
    "55006": Fault.BUSY,  # object in use
    "55P03": Fault.BUSY,  # lock timeout
    _STATEMENT_TIMEOUT: Fault.BUSY,
    "22": Fault.REFUSED,  # data exception
    "23": Fault.REFUSED,  # integrity constraint violation
    "44": Fault.REFUSED,  # check option violation
    "54": Fault.REFUSED,  # program limit exceeded: too long for an index, too complex
    "P0001": Fault.REFUSED,  # raised by a trigger
}
"""Faults by SQLSTATE or its first characters. The longest match wins; the default is OURS."""

_LENGTHS = (5, 3, 2)


def fault_of(error: BaseException) -> Fault:
    """Return the kind of `error`; OURS if it is not a database error.

    An error without SQLSTATE comes from the driver: it could not connect, it lost the
    connection, or it could not send a value.
    """
    if isinstance(error, exc.TimeoutError):
        return Fault.BUSY
    cause = _driver_error(error)
    if state := getattr(cause, "sqlstate", None):
        known = (_FAULTS.get(state[:length]) for length in _LENGTHS)
        return next((fault for fault in known if fault), Fault.OURS)
    if isinstance(cause, psycopg.OperationalError | psycopg.InterfaceError):
        return Fault.AWAY
    if isinstance(cause, psycopg.DataError | psycopg.IntegrityError):
        return Fault.REFUSED
    return Fault.OURS


def is_statement_timeout(error: BaseException) -> bool:
    """Tell whether `error` is a statement timeout."""
    return getattr(_driver_error(error), "sqlstate", None) == _STATEMENT_TIMEOUT


@contextmanager
def as_unavailable() -> Iterator[None]:
    """Raise DatabaseUnavailable in place of a database error that a later retry may avoid."""
    try:
        yield
    except DATABASE_ERRORS as error:
        fault = fault_of(error)
        if not fault.may_pass:
            raise
        name = type(_driver_error(error)).__name__
        raise DatabaseUnavailable(f"{fault.value} ({name})") from error


def _driver_error(error: BaseException) -> BaseException:
    """Return the psycopg error that SQLAlchemy has wrapped, or `error` itself."""
    original = error.orig if isinstance(error, exc.DBAPIError) else None
    return original or error
