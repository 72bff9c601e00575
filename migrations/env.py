"""Alembic's environment: migrations run as the owner of the schema, one upgrade at a time.

Lock and timeouts are set for the session. Each revision is a transaction of its own, so a lock
or a setting of a transaction would end with the first revision.
"""

# ruff: noqa: F401 - each import of models registers its tables with the metadata

import time

from alembic import context
from sqlalchemy import Connection, create_engine, pool, text

import app.bulk.models
import app.customers.models
import app.fraud.models
import app.idempotency.models
import app.identity.models
import app.inbound.models
import app.inbox.models
import app.notifications.models
import app.outbound.models
import app.outbox.models
import app.periodic.models
import app.reports.models
from app.core.database import Base
from app.core.schema import MIGRATION_LOCK
from app.core.settings import Settings

LOCK_TIMEOUT = "10s"
"""How long a revision waits for a table. Queries that queue behind it wait no longer than this."""

STATEMENT_TIMEOUT = "15min"
"""How long one statement of a revision may take, such as building an index."""

_RETRY_SECONDS = 0.2
"""The pause between two attempts to take the lock."""


def _owner_url() -> str:
    """Return the URL that the caller has set, or that of the environment."""
    if url := context.config.attributes.get("url"):
        return str(url)
    settings = Settings.load()
    return settings.database_owner_url or settings.database_url


def _run() -> None:
    engine = create_engine(_owner_url(), poolclass=pool.NullPool, hide_parameters=True)
    with engine.connect() as connection:  # closing the connection frees the lock
        _wait_for_turn(connection)
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            transaction_per_migration=True,
        )
        with context.begin_transaction():
            context.run_migrations()


def _wait_for_turn(connection: Connection) -> None:
    """Wait for other upgrades without limit, then set the timeouts of the revisions.

    A statement that waits for the lock would hold a snapshot, and `CREATE INDEX CONCURRENTLY` of
    the other upgrade would wait for that snapshot.
    """
    while not _takes_lock(connection):
        time.sleep(_RETRY_SECONDS)
    with connection.begin():
        connection.execute(text(f"SET lock_timeout = '{LOCK_TIMEOUT}'"))
        connection.execute(text(f"SET statement_timeout = '{STATEMENT_TIMEOUT}'"))


def _takes_lock(connection: Connection) -> bool:
    with connection.begin():
        statement = text(f"SELECT pg_try_advisory_lock({MIGRATION_LOCK})")
        return bool(connection.execute(statement).scalar())


_run()
