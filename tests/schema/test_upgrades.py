"""Concurrent upgrades wait for each other, and every revision has timeouts."""

import os
import subprocess
import sys
from collections.abc import Iterator
from secrets import token_hex

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from sqlalchemy import Connection, Engine, event, make_url

from app.core.schema import MIGRATION_LOCK, migrate
from app.core.settings import Settings
from devtools import ROOT
from devtools.stack.servers import PostgresServer
from tests.conftest import SECRETS
from tests.workers.conftest import eventually

MIGRATE = "from app.core.schema import migrate; from app.core.settings import Settings;"
MIGRATE += "migrate(Settings.load())"
CONNECTED = """
SELECT count(*), to_regclass('alembic_version') FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


@pytest.fixture
def empty(postgres: PostgresServer) -> Iterator[dict[str, str]]:
    """Return the environment of a process whose database has no tables yet."""
    name = f"empty_{token_hex(6)}"
    with psycopg.connect(postgres.superuser_dsn, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} OWNER automation_owner")
        urls = {"DATABASE_URL": postgres.url, "DATABASE_OWNER_URL": postgres.owner_url}
        yield SECRETS | {
            "CELERY_BROKER_URL": "redis://127.0.0.1:9/0",
            **{
                key: make_url(url).set(database=name).render_as_string(hide_password=False)
                for key, url in urls.items()
            },
        }
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def test_concurrent_upgrades_wait_for_each_other_and_none_fails(
    empty: dict[str, str], postgres: PostgresServer
) -> None:
    database = make_url(empty["DATABASE_URL"]).database
    dsn = make_conninfo(postgres.superuser_dsn, dbname=database)
    with psycopg.connect(dsn, autocommit=True) as first:
        first.execute("SELECT pg_advisory_lock(%s)", [MIGRATION_LOCK])
        upgrades = [_upgrade(empty) for _ in range(3)]
        assert eventually(lambda: first.execute(CONNECTED).fetchone() == (3, None))

    ends = [upgrade.communicate()[1] for upgrade in upgrades]
    assert [upgrade.returncode for upgrade in upgrades] == [0, 0, 0], ends


def test_every_revision_has_a_lock_timeout_and_a_statement_timeout(
    empty: dict[str, str],
) -> None:
    bounds: list[tuple[object, ...]] = []

    def note(connection: Connection) -> None:
        row = connection.exec_driver_sql(
            "SELECT current_setting('lock_timeout'), current_setting('statement_timeout'),"
            " EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted)"
            " FROM pg_class WHERE relname = 'alembic_version'"
        ).one_or_none()
        if row:
            bounds.append(tuple(row))

    event.listen(Engine, "commit", note)
    try:
        migrate(Settings.load(empty))
    finally:
        event.remove(Engine, "commit", note)

    revisions = len(list((ROOT / "migrations" / "versions").glob("*.py")))
    *of_revisions, _of_grant = bounds
    assert set(of_revisions) == {("10s", "15min", True)}
    assert len(of_revisions) >= revisions


def _upgrade(environment: dict[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", MIGRATE],
        cwd=ROOT,
        env={**os.environ, **environment},
        stderr=subprocess.PIPE,
        text=True,
    )
