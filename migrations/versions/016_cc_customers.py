"""Customers with a number, a user id or both; message ids as fingerprints."""

from alembic import op

from migrations.row_security import drop, protect, touch_on_update

revision = "016_cc_customers"
down_revision = "015_cc_quarantine"
branch_labels = None
depends_on = None

HOLDERS = (
    ("cc_verification_jobs", "phone"),
    ("cc_fraud_cases", "phone"),
    ("cc_outbound_jobs", "recipient"),
)
REFERRING = (*HOLDERS, ("cc_inbound_messages", "phone"))
MESSAGE_IDS = ("cc_inbound_messages", "cc_outbound_jobs", "cc_outbound_attempts")

INDEXES = """
CREATE INDEX ix_cc_inbound_messages_customer ON cc_inbound_messages (customer_id, created_at);
CREATE INDEX ix_cc_verification_jobs_customer ON cc_verification_jobs (customer_id, id);
CREATE UNIQUE INDEX uq_cc_verification_jobs_awaiting ON cc_verification_jobs (customer_id)
    WHERE status = 'awaiting_verification';
CREATE INDEX ix_cc_fraud_cases_customer ON cc_fraud_cases (customer_id, id);
CREATE INDEX ix_cc_outbound_jobs_customer ON cc_outbound_jobs (customer_id, kind, created_at)
"""
FORMER_INDEXES = """
CREATE INDEX ix_cc_inbound_messages_phone ON cc_inbound_messages (phone_fingerprint, created_at);
CREATE INDEX ix_cc_verification_jobs_phone ON cc_verification_jobs (phone_fingerprint, id);
CREATE UNIQUE INDEX uq_cc_verification_jobs_awaiting ON cc_verification_jobs (phone_fingerprint)
    WHERE status = 'awaiting_verification';
CREATE INDEX ix_cc_fraud_cases_phone ON cc_fraud_cases (phone_fingerprint, id);
CREATE INDEX ix_cc_outbound_jobs_recipient
    ON cc_outbound_jobs (recipient_fingerprint, kind, created_at)
"""


def upgrade() -> None:
    """Create a customer per number, link the rows to them, and hash the message ids."""
    _create_table()
    _force_row_security(on=False)
    _make_customers()
    _point_at_customers()
    for table in MESSAGE_IDS:
        _forget_message_ids(table)
    _force_row_security(on=True)
    _rename("provider_message_id", "message_fingerprint")


def downgrade() -> None:
    """Restore the number of each row. Fails if a customer has no number."""
    _rename("message_fingerprint", "provider_message_id")
    _force_row_security(on=False)
    for table, prefix in REFERRING:
        _give_numbers_back(table, prefix)
    for table, _prefix in REFERRING:
        op.execute(f"ALTER TABLE {table} DROP COLUMN customer_id")
    for statement in FORMER_INDEXES.split(";"):
        op.execute(statement)
    _force_row_security(on=True)
    drop("cc_customers")


def _create_table() -> None:
    op.execute(
        """
        CREATE TABLE cc_customers (
            id BIGINT GENERATED ALWAYS AS IDENTITY,
            number_encrypted TEXT,
            number_fingerprint TEXT,
            user_id_encrypted TEXT,
            user_id_fingerprint TEXT,
            masked TEXT NOT NULL,
            created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
            updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
            CONSTRAINT pk_cc_customers PRIMARY KEY (id),
            CONSTRAINT ck_cc_customers_is_known
                CHECK (number_fingerprint IS NOT NULL OR user_id_fingerprint IS NOT NULL),
            CONSTRAINT ck_cc_customers_number_whole
                CHECK ((number_fingerprint IS NULL) = (number_encrypted IS NULL)),
            CONSTRAINT ck_cc_customers_user_id_whole
                CHECK ((user_id_fingerprint IS NULL) = (user_id_encrypted IS NULL))
        )
        """
    )
    op.execute(
        "CREATE UNIQUE INDEX uq_cc_customers_number ON cc_customers (number_fingerprint)"
        " WHERE number_fingerprint IS NOT NULL"
    )
    op.execute(
        "CREATE UNIQUE INDEX uq_cc_customers_user_id ON cc_customers (user_id_fingerprint)"
        " WHERE user_id_fingerprint IS NOT NULL"
    )
    protect("cc_customers")
    touch_on_update("cc_customers")


def _make_customers() -> None:
    """Create a customer per number, with its newest spelling and mask."""
    numbers = " UNION ALL ".join(
        f"SELECT {prefix}_encrypted AS encrypted, {prefix}_fingerprint AS fingerprint,"  # noqa: S608 - names from above
        f" {prefix}_masked AS masked, created_at FROM {table}"
        for table, prefix in HOLDERS
    )
    op.execute(
        "INSERT INTO cc_customers (number_encrypted, number_fingerprint, masked, created_at)"  # noqa: S608 - names from above
        " SELECT (array_agg(encrypted ORDER BY created_at DESC))[1], fingerprint,"
        " (array_agg(masked ORDER BY created_at DESC))[1], min(created_at)"
        f" FROM ({numbers}) AS known GROUP BY fingerprint ORDER BY min(created_at)"
    )


def _point_at_customers() -> None:
    """Set `customer_id` by the fingerprint of the number.

    A message is deleted if no other row has its number, because retention removed them.
    """
    for table, prefix in REFERRING:
        op.execute(f"ALTER TABLE {table} ADD COLUMN customer_id BIGINT")
        op.execute(
            f"UPDATE {table} AS each SET customer_id = customer.id FROM cc_customers AS customer"  # noqa: S608 - names from above
            f" WHERE customer.number_fingerprint = each.{prefix}_fingerprint"
        )
        op.execute(f"DELETE FROM {table} WHERE customer_id IS NULL")  # noqa: S608 - names from above
        op.execute(
            f"ALTER TABLE {table} ALTER COLUMN customer_id SET NOT NULL,"
            f" DROP COLUMN {prefix}_fingerprint, DROP COLUMN IF EXISTS {prefix}_encrypted,"
            f" DROP COLUMN IF EXISTS {prefix}_masked,"
            f" ADD CONSTRAINT fk_{table}_customer_id FOREIGN KEY (customer_id)"
            " REFERENCES cc_customers (id)"
        )
    for statement in INDEXES.split(";"):
        op.execute(statement)


def _forget_message_ids(table: str) -> None:
    """Replace message ids by their SHA-256.

    The hash needs no key, because an id contains at least 72 random bits. Later ids are
    fingerprinted with a key, so they never equal these. Delivery statuses of earlier messages
    find their attempts by the tracker.
    """
    op.execute(
        f"UPDATE {table}"  # noqa: S608 - a name from above
        " SET provider_message_id = encode(sha256(convert_to(provider_message_id, 'UTF8')), 'hex')"
        " WHERE provider_message_id IS NOT NULL"
    )


def _rename(former: str, name: str) -> None:
    for table in MESSAGE_IDS:
        op.execute(f"ALTER TABLE {table} RENAME COLUMN {former} TO {name}")
    op.execute(
        "ALTER TABLE cc_inbound_messages RENAME CONSTRAINT"
        f" uq_cc_inbound_messages_{former} TO uq_cc_inbound_messages_{name}"
    )
    op.execute(f"ALTER INDEX uq_cc_outbound_jobs_{former} RENAME TO uq_cc_outbound_jobs_{name}")


def _give_numbers_back(table: str, prefix: str) -> None:
    """Copy the columns of the customer. NOT NULL fails if a customer has no number."""
    names = ["fingerprint"] if table == "cc_inbound_messages" else ["fingerprint", "encrypted"]
    for name in names:
        op.execute(f"ALTER TABLE {table} ADD COLUMN {prefix}_{name} TEXT")
    pairs = [f"{prefix}_{name} = customer.number_{name}" for name in names]
    if len(names) > 1:
        op.execute(f"ALTER TABLE {table} ADD COLUMN {prefix}_masked TEXT")
        pairs.append(f"{prefix}_masked = customer.masked")
        names.append("masked")
    op.execute(
        f"UPDATE {table} AS each SET {', '.join(pairs)} FROM cc_customers AS customer"  # noqa: S608 - names from above
        " WHERE customer.id = each.customer_id"
    )
    for name in names:
        op.execute(f"ALTER TABLE {table} ALTER COLUMN {prefix}_{name} SET NOT NULL")


def _force_row_security(*, on: bool) -> None:
    """Turn forced row security on or off. Without it the owner sees all rows."""
    tables = {*MESSAGE_IDS, "cc_customers", *(table for table, _prefix in REFERRING)}
    for table in sorted(tables):
        op.execute(f"ALTER TABLE {table} {'' if on else 'NO '}FORCE ROW LEVEL SECURITY")
