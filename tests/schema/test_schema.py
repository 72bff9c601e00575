"""The migrated schema: equal to the models, with access for one role only."""

from collections.abc import Iterator

import pytest
from alembic import command
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import IntegrityError, ProgrammingError

from app.bootstrap import Container
from app.core.database import Base
from app.core.schema import alembic_config, is_current, migrate
from app.core.settings import Settings

COLUMNS = """
SELECT table_name, column_name, data_type, is_nullable, column_default, is_identity
FROM information_schema.columns
WHERE table_schema = current_schema() AND table_name <> 'alembic_version'
ORDER BY table_name, column_name
"""
CONSTRAINTS = """
SELECT conrelid::regclass::text, conname, replace(pg_get_constraintdef(oid), 'public.', '')
FROM pg_constraint
WHERE connamespace = current_schema()::regnamespace AND conname <> 'alembic_version_pkc'
  AND contype <> 'n'
ORDER BY 1, 2
"""
INDEXES = """
SELECT tablename, indexname, replace(indexdef, current_schema() || '.', '')
FROM pg_indexes
WHERE schemaname = current_schema() AND tablename <> 'alembic_version'
ORDER BY 1, 2
"""
STATISTICS = """
SELECT replace(pg_get_statisticsobjdef(oid), current_schema() || '.', '')
FROM pg_statistic_ext WHERE stxnamespace = current_schema()::regnamespace
ORDER BY 1
"""
OPTIONS = """
SELECT relname, array_to_string(reloptions, ',') FROM pg_class
WHERE relnamespace = current_schema()::regnamespace AND reloptions IS NOT NULL
ORDER BY 1
"""


@pytest.fixture
def owner(database_urls: tuple[str, str]) -> Iterator[Connection]:
    """Return a connection of the owner of the schema, in a transaction that is rolled back."""
    engine = create_engine(database_urls[1])
    with engine.connect() as connection:
        yield connection
    engine.dispose()


@pytest.fixture
def tables(owner: Connection) -> list[str]:  # noqa: ARG001 - who migrates imports the models
    """Return the names of all tables of the models."""
    return sorted(Base.metadata.tables)


def _describe(connection: Connection) -> dict[str, list[tuple[object, ...]]]:
    queries = {
        "columns": COLUMNS,
        "constraints": CONSTRAINTS,
        "indexes": INDEXES,
        "statistics": STATISTICS,
        "with": OPTIONS,
    }
    return {
        name: [tuple(row) for row in connection.execute(text(query))]
        for name, query in queries.items()
    }


def test_migrations_and_models_make_the_same_schema(owner: Connection) -> None:
    migrated = _describe(owner)
    owner.execute(text("CREATE SCHEMA modelled"))
    owner.execute(text("SET search_path TO modelled"))
    Base.metadata.create_all(owner)

    assert _describe(owner) == migrated


def test_downgrade_removes_everything_and_upgrade_restores_it(
    owner: Connection, database_urls: tuple[str, str], settings: Settings, container: Container
) -> None:
    config = alembic_config(database_urls[1])
    command.downgrade(config, "base")

    left = owner.execute(text("SELECT count(*) FROM pg_tables WHERE tablename LIKE 'cc\\_%'"))
    assert left.scalar_one() == 0
    functions = owner.execute(text("SELECT count(*) FROM pg_proc WHERE proname LIKE 'cc\\_%'"))
    assert functions.scalar_one() == 0
    owner.rollback()
    migrate(settings)
    assert is_current(container.engine)


def test_row_security_is_enabled_and_forced_on_every_table(
    owner: Connection, tables: list[str]
) -> None:
    secured = owner.execute(
        text(
            "SELECT relname FROM pg_class"
            " WHERE relkind = 'r' AND relrowsecurity AND relforcerowsecurity ORDER BY relname"
        )
    )
    assert list(secured.scalars()) == tables


def test_every_table_has_one_policy_for_the_service_role_alone(
    owner: Connection, tables: list[str]
) -> None:
    policies = owner.execute(text("SELECT tablename, roles::text[] FROM pg_policies ORDER BY 1"))
    assert [tuple(row) for row in policies] == [(table, ["service_role"]) for table in tables]


def test_the_service_role_owns_nothing_may_not_log_in_and_is_no_superuser(
    owner: Connection,
) -> None:
    role = owner.execute(
        text(
            "SELECT rolcanlogin, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb,"
            " (SELECT count(*) FROM pg_class WHERE relowner = pg_roles.oid) AS owned"
            " FROM pg_roles WHERE rolname = 'service_role'"
        )
    ).one()
    assert tuple(role) == (False, False, False, False, False, 0)


def test_the_owner_sees_no_row_without_the_role(owner: Connection, container: Container) -> None:
    with container.sessions.begin() as session:
        session.execute(text("INSERT INTO cc_heartbeats (name) VALUES ('beat')"))

    assert owner.execute(text("SELECT count(*) FROM cc_heartbeats")).scalar_one() == 0
    owner.execute(text("SET ROLE service_role"))
    assert owner.execute(text("SELECT count(*) FROM cc_heartbeats")).scalar_one() == 1


def test_the_runtime_login_without_the_role_may_not_select(database_url: str) -> None:
    engine = create_engine(database_url)
    with engine.connect() as connection, pytest.raises(ProgrammingError, match="permission denied"):
        connection.execute(text("SELECT FROM cc_automation_events"))
    engine.dispose()


def test_every_connection_of_the_application_acts_as_the_service_role(
    container: Container,
) -> None:
    with container.sessions.begin() as session:
        assert session.scalar(text("SELECT current_user")) == "service_role"
        assert session.scalar(text("SELECT session_user")) == "automation_app"


def test_a_trigger_keeps_updated_at_on_every_table_that_has_it(
    owner: Connection, tables: list[str]
) -> None:
    touched = owner.execute(
        text(
            "SELECT event_object_table FROM information_schema.triggers"
            " WHERE trigger_name LIKE '%\\_touch' ORDER BY 1"
        )
    )
    has_column = [table for table in tables if "updated_at" in Base.metadata.tables[table].c]
    assert list(touched.scalars()) == has_column


@pytest.mark.parametrize(
    "change",
    [
        "status = 'sent'",
        "status = 'lost'",
        "sent_at = now()",
        "dead_at = now()",
        "next_attempt_at = NULL",
        "status = 'failed', next_attempt_at = NULL",
        "status = 'sent', sent_at = now()",
        "attempts = -1",
    ],
)
def test_the_schema_refuses_a_state_that_contradicts_its_times(
    container: Container, change: str
) -> None:
    with container.sessions.begin() as session:
        session.execute(
            text(
                "INSERT INTO cc_automation_events (event_type, dedupe_key, payload, subject_ref)"
                " VALUES ('t', 'k', '{}', 's')"
            )
        )
    with pytest.raises(IntegrityError), container.sessions.begin() as session:
        session.execute(text(f"UPDATE cc_automation_events SET {change}"))


def test_polling_uses_the_partial_index_of_due_rows(container: Container) -> None:
    with container.sessions.begin() as session:
        session.execute(text("SET LOCAL enable_seqscan = off"))
        plan = session.execute(
            text("EXPLAIN SELECT FROM cc_automation_events WHERE next_attempt_at <= now() LIMIT 1")
        )
        assert "ix_cc_automation_events_due" in "".join(plan.scalars())
