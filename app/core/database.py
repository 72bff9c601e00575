"""The connection to PostgreSQL, and the types that every table shares."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from typing import Annotated, Any, cast

from psycopg import Connection
from sqlalchemy import BigInteger, DateTime, Engine, Identity, MetaData, Text, create_engine, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker

SERVICE_ROLE = "service_role"
"""The role that every connection of the application acts as; row security admits it alone."""

Sessions = sessionmaker[Session]

BigId = Annotated[int, mapped_column(BigInteger, Identity(always=True), primary_key=True)]
CreatedAt = Annotated[datetime, mapped_column(server_default=text("now()"))]
UpdatedAt = Annotated[datetime, mapped_column(server_default=text("now()"))]


class Base(DeclarativeBase):
    """The parent of every table model; constraint names follow one convention."""

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
    """Create the engine of one process; it connects at first use, never at import.

    Every connection acts as `service_role`, in UTC, and gives up a statement after 30 s
    and a lock after 10 s. `notify=False` switches off the NOTIFY that wakes a dispatcher.
    """
    return create_engine(
        url,
        pool_size=5,
        max_overflow=5,
        pool_pre_ping=True,
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


@contextmanager
def driver_connection(engine: Engine) -> Iterator[Connection[tuple[Any, ...]]]:
    """Lend psycopg's own connection from the pool, for SQL where every microsecond counts.

    The caller opens transactions with `connection.transaction()`; none is open here.
    """
    with closing(engine.raw_connection()) as lent:
        yield cast("Connection[tuple[Any, ...]]", lent.driver_connection)
