"""Alembic's environment: migrations run as the owner of the schema, one at a time."""

from alembic import context
from sqlalchemy import create_engine, pool, text

import app.checkers.models
import app.fraud.models
import app.identity.models
import app.inbox.models
import app.outbound.models
import app.outbox.models  # noqa: F401 - each import registers its tables with the metadata
from app.core.database import Base
from app.core.settings import Settings

MIGRATION_LOCK = 4_711_010
"""Key of the advisory lock that makes concurrent upgrades wait for each other."""


def _owner_url() -> str:
    """Return the URL that the caller put in, or that of the environment."""
    if url := context.config.attributes.get("url"):
        return str(url)
    settings = Settings.load()
    return settings.database_owner_url or settings.database_url


def _run() -> None:
    engine = create_engine(_owner_url(), poolclass=pool.NullPool)
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            transaction_per_migration=True,
        )
        with connection.begin():
            connection.execute(text("SET LOCAL lock_timeout = '10s'"))
            connection.execute(text(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})"))
            context.run_migrations()


_run()
