"""The connection to PostgreSQL, and column types that all tables use."""

from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from select import POLLIN, poll
from time import monotonic
from typing import Annotated, Any, cast

from psycopg import Connection
from psycopg import Error as PsycopgError
from psycopg.pq import TransactionStatus
from sqlalchemy import (
    BigInteger,
    DateTime,
    Engine,
    Identity,
    MetaData,
    Text,
    create_engine,
    event,
    exc,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker

SERVICE_ROLE = "service_role"
"""The role that every connection of the application uses. Row security admits no other."""

PING_AFTER_SECONDS = 10.0
"""A pooled connection that was idle for longer is tested with a query before it is used."""

Sessions = sessionmaker[Session]

BigId = Annotated[int, mapped_column(BigInteger, Identity(always=True), primary_key=True)]
CreatedAt = Annotated[datetime, mapped_column(server_default=text("now()"))]
UpdatedAt = Annotated[datetime, mapped_column(server_default=text("now()"))]


class Base(DeclarativeBase):
    """The base class of every table model. It sets the naming convention of constraints."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy's own declaration
        datetime: DateTime(timezone=True),
        dict[str, Any]: JSONB,
        str: Text,
    }


class HistoryColumns:
    """The columns of a history table. A row is one action of a person and never changes."""

    id: Mapped[BigId]
    actor: Mapped[str]
    action: Mapped[str]
    from_status: Mapped[str]
    to_status: Mapped[str]
    note: Mapped[str | None]
    at: Mapped[CreatedAt]


def create_database_engine(url: str, *, notify: bool = True, application_name: str) -> Engine:
    """Create the engine of one process. It connects at first use.

    Every connection uses the role `service_role` and the time zone UTC. A statement fails
    after 30 s, and a wait for a lock after 10 s. `notify=False` switches off the NOTIFY that
    wakes a dispatcher. The pool replaces an idle connection that the server has closed. Errors do
    not contain the parameters of their statement.
    """
    engine = create_engine(
        url,
        pool_size=5,
        max_overflow=5,
        hide_parameters=True,
        connect_args={
            "application_name": application_name,
            "connect_timeout": 5,
            "options": (
                f"-c role={SERVICE_ROLE} -c timezone=UTC -c statement_timeout=30s"
                " -c lock_timeout=10s -c idle_in_transaction_session_timeout=60s"
                f" -c automation.notify={'on' if notify else 'off'}"
            ),
        },
    )
    _replace_dead_connections(engine)
    return engine


@contextmanager
def driver_connection(engine: Engine) -> Iterator[Connection[tuple[Any, ...]]]:
    """Yield a psycopg connection from the pool. It avoids SQLAlchemy's overhead per statement.

    It is in autocommit mode, without an open transaction. The caller opens one with
    `connection.transaction()` or `pipelined_transaction(connection)`.
    """
    with closing(engine.raw_connection()) as lent:
        connection = cast("Connection[tuple[Any, ...]]", lent.driver_connection)
        connection.autocommit = True
        try:
            yield connection
        finally:
            if connection.info.transaction_status is TransactionStatus.IDLE:
                connection.autocommit = False  # sessions share the pool and expect this
            else:
                lent.invalidate()


@contextmanager
def only_run(engine: Engine, key: int) -> Iterator[bool]:
    """Yield True if no other process is inside such a block with this `key`, else False.

    PostgreSQL frees the advisory lock when the connection ends, also by a crash.
    """
    with driver_connection(engine) as connection:
        [row] = connection.execute("SELECT pg_try_advisory_lock(%s)", [key]).fetchall()
        try:
            yield bool(row[0])
        finally:
            if row[0]:
                connection.execute("SELECT pg_advisory_unlock(%s)", [key])


@contextmanager
def pipelined_transaction(connection: Connection[Any]) -> Iterator[None]:
    """Open a transaction in pipeline mode; BEGIN and COMMIT cost no round trips of their own.

    `connection` comes from `driver_connection`. A statement whose rows are fetched costs one
    round trip. All statements after the last fetch cost one together with COMMIT. psycopg's
    `transaction()` inside a pipeline costs three more: it waits after BEGIN, before COMMIT
    and at the end of the pipeline. If a statement fails, the server skips all later ones,
    COMMIT too.
    """
    try:
        with connection.pipeline():
            connection.execute("BEGIN", prepare=False)
            yield
            connection.execute("COMMIT", prepare=False)
    except BaseException:  # boundary: roll back after any end of the block, then raise again
        with suppress(PsycopgError):
            connection.execute("ROLLBACK")  # this also clears psycopg's prepared statements
        raise


def _replace_dead_connections(engine: Engine) -> None:
    """Check each connection at checkout; run a query only if it was idle for a while.

    SQLAlchemy's `pool_pre_ping` runs a query at each checkout. It took 0.4 ms of the 5 ms from
    a commit to its inbox item. When the server closes an idle connection, its socket becomes
    readable, so a poll of the socket is enough. The query after a longer pause finds
    connections that were lost without a notice, for example in a firewall.
    """

    def note_idle_since(_connection: Any, record: Any) -> None:
        record.info["idle_since"] = monotonic()

    def check(connection: Any, record: Any, _proxy: Any) -> None:
        idle_since = record.info.get("idle_since")
        if idle_since is None or _is_silent(connection, monotonic() - idle_since):
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise exc.InvalidatePoolError(str(error)) from error

    event.listen(engine, "checkin", note_idle_since)
    event.listen(engine, "checkout", check)


def _is_silent(connection: Any, idle_seconds: float) -> bool:
    """Tell whether a connection was used recently and the server has sent nothing since."""
    if connection.closed or idle_seconds > PING_AFTER_SECONDS:
        return False
    socket = poll()
    socket.register(connection.fileno(), POLLIN)
    return not socket.poll(0)
