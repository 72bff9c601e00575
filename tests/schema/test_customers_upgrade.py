"""The migration to customers: it links older rows, and hashes message ids."""

import base64

import psycopg
from psycopg.conninfo import make_conninfo
from sqlalchemy import make_url

from app.core.schema import migrate
from app.core.settings import Settings
from devtools.stack.servers import PostgresServer
from tests.schema.test_upgrades import empty

__all__ = ["empty"]

MESSAGE_ID = "wamid." + base64.b64encode(b"34600111222\x15\x02\x00random").decode()
BEFORE = f"""
INSERT INTO cc_verification_jobs (phone_encrypted, phone_fingerprint, phone_masked, language,
    report, status, closed_at)
VALUES ('sealed', 'print', '••• 1222', 'en', 'fraud', 'verified', now());
INSERT INTO cc_fraud_cases (verification_job_id, phone_encrypted, phone_fingerprint,
    phone_masked, language, report)
VALUES (1, 'sealed', 'print', '••• 1222', 'en', 'fraud');
INSERT INTO cc_outbound_jobs (kind, recipient_encrypted, recipient_fingerprint,
    recipient_masked, text_encrypted, provider_message_id)
VALUES ('text', 'sealed', 'print', '••• 1222', 'x', '{MESSAGE_ID}'),
       ('text', 'other', 'another', '••• 3444', 'x', NULL);
INSERT INTO cc_inbound_messages (provider_message_id, phone_fingerprint, kind)
VALUES ('{MESSAGE_ID}', 'print', 'text'), ('wamid.2', 'pruned', 'text')
"""


def test_the_migration_links_older_rows_to_their_customer(
    empty: dict[str, str],
    postgres: PostgresServer,
) -> None:
    settings = Settings.load(empty)
    migrate(settings, revision="015_cc_quarantine")
    dsn = make_conninfo(
        postgres.superuser_dsn, dbname=make_url(empty["DATABASE_OWNER_URL"]).database
    )
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(BEFORE)
        migrate(settings)
        owners = connection.execute(
            "SELECT masked, count(*) FROM cc_customers JOIN (SELECT customer_id FROM"
            " cc_verification_jobs UNION ALL SELECT customer_id FROM cc_fraud_cases UNION ALL"
            " SELECT customer_id FROM cc_outbound_jobs UNION ALL SELECT customer_id FROM"
            " cc_inbound_messages) AS theirs ON customer_id = cc_customers.id GROUP BY 1 ORDER BY 1"
        ).fetchall()
        ids = connection.execute(
            "SELECT message_fingerprint FROM cc_inbound_messages UNION"
            " SELECT message_fingerprint FROM cc_outbound_jobs"
            " WHERE message_fingerprint IS NOT NULL"
        ).fetchall()
    assert owners == [("••• 1222", 4), ("••• 3444", 1)]
    assert [len(row[0]) for row in ids] == [64]
