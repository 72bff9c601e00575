"""What an error of the database means, by its SQLSTATE: the one place that decides it.

psycopg's classes are too coarse for this: an OperationalError is a lost connection, a full
disk, a deadlock, a statement past its time limit, and a value too long for an index.
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
    """Whose fault an error of the database is: what to tell people, and whether to retry."""

    AWAY = "The database can't be reached, or takes no changes now; try again in a moment."
    BUSY = "The database was too busy to answer in time; try again in a moment."
    REFUSED = "The database refuses a value of this request; correct it before you try again."
    OURS = "Something went wrong here, and it has been logged; tell an operator when it happened."

    @property
    def may_pass(self) -> bool:
        """Whether the same work may succeed later, with nothing changed."""
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
"""By SQLSTATE or its beginning; the longest one decides, and what is missing is OURS."""

_LENGTHS = (5, 3, 2)


def fault_of(error: BaseException) -> Fault:
    """Return whose fault `error` is; OURS if it is no error of the database.

    An error without SQLSTATE comes from the driver: a connection that could not be made
    or was lost, or a value that can't be sent.
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
    """Tell whether `error` says that a statement was ended at its time limit."""
    return getattr(_driver_error(error), "sqlstate", None) == _STATEMENT_TIMEOUT


@contextmanager
def as_unavailable() -> Iterator[None]:
    """Raise DatabaseUnavailable for an error that may pass; let any other through."""
    try:
        yield
    except DATABASE_ERRORS as error:
        fault = fault_of(error)
        if not fault.may_pass:
            raise
        name = type(_driver_error(error)).__name__
        raise DatabaseUnavailable(f"{fault.value} ({name})") from error


def _driver_error(error: BaseException) -> BaseException:
    """Return psycopg's own error, where SQLAlchemy has wrapped it."""
    original = error.orig if isinstance(error, exc.DBAPIError) else None
    return original or error
