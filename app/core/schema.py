"""Upgrade the database schema, and grant the runtime's login its role."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, text

from app.core.database import SERVICE_ROLE
from app.core.settings import Settings

MIGRATION_LOCK = 4_711_010
"""Key of the advisory lock that makes concurrent upgrades wait for each other."""

GRANT_LOCK = MIGRATION_LOCK + 1
"""Key of the advisory lock around the grant. A wait for it must not block an upgrade."""

ROOT = Path(__file__).parents[2]


def alembic_config(owner_url: str) -> Config:
    """Return Alembic's configuration for the database at `owner_url`."""
    config = Config(attributes={"url": owner_url})
    config.set_main_option("script_location", str(ROOT / "migrations"))
    config.set_main_option("path_separator", "os")
    config.set_main_option("prepend_sys_path", str(ROOT))
    return config


def migrate(settings: Settings, *, revision: str = "head") -> None:
    """Upgrade to `revision` as the owner, then grant `service_role` to owner and runtime.

    Concurrent calls wait for each other. Raises sqlalchemy.exc.OperationalError if the
    database can't be reached.
    """
    owner_url = settings.database_owner_url or settings.database_url
    command.upgrade(alembic_config(owner_url), revision)
    _grant_service_role(owner_url, to={_login_of(owner_url), _login_of(settings.database_url)})


def is_current(engine: Engine) -> bool:
    """Tell whether the database has the newest revision of this code."""
    newest = ScriptDirectory.from_config(alembic_config("")).get_current_head()
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision() == newest


def _login_of(url: str) -> str:
    engine = create_engine(url, hide_parameters=True)
    with engine.connect() as connection:
        login: str = connection.scalar(text("SELECT quote_ident(session_user)"))
    engine.dispose()
    return login


def _grant_service_role(owner_url: str, *, to: set[str]) -> None:
    """Grant the role to each login. From PostgreSQL 16 on, its rights need a SET ROLE."""
    engine = create_engine(owner_url, hide_parameters=True)
    with engine.begin() as connection:
        version = connection.dialect.server_version_info or (0,)
        options = " WITH INHERIT FALSE, SET TRUE" if version >= (16,) else ""
        # Two grants of one role at once fail with "tuple concurrently updated".
        connection.execute(text(f"SELECT pg_advisory_xact_lock({GRANT_LOCK})"))
        connection.execute(text(f"GRANT {SERVICE_ROLE} TO {', '.join(sorted(to))}{options}"))
    engine.dispose()
