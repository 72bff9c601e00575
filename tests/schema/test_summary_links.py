"""The migration that links the items of daily summaries to their pages."""

import psycopg
from psycopg.conninfo import make_conninfo
from sqlalchemy import make_url

from app.core.schema import migrate
from app.core.settings import Settings
from devtools.stack.servers import PostgresServer
from tests.schema.test_upgrades import empty

__all__ = ["empty"]

BEFORE = """
INSERT INTO cc_admin_inbox_items (type, severity, title, body, link_ref, dedupe_key)
VALUES ('daily_operational_summary_ready', 'info', 't', 'b', '/automation/overview',
        'daily_operational_summary_ready:2026-11-21'),
       ('other', 'info', 't', 'b', '/automation/overview', 'other:2026-11-21')
"""


def test_items_of_summaries_made_before_link_to_the_page_of_their_date(
    empty: dict[str, str], postgres: PostgresServer
) -> None:
    settings = Settings.load(empty)
    migrate(settings, revision="024_cc_promises_and_snoozes")
    dsn = make_conninfo(
        postgres.superuser_dsn, dbname=make_url(empty["DATABASE_OWNER_URL"]).database
    )
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(BEFORE)
        migrate(settings)
        links = connection.execute("SELECT link_ref FROM cc_admin_inbox_items ORDER BY id")
        assert links.fetchall() == [
            ("/automation/summaries/2026-11-21",),
            ("/automation/overview",),
        ]
