"""A merge moves all rows of two customers to one."""

from app.bootstrap import Container
from app.customers.identify import identify
from app.customers.identity import Identity
from app.fraud.models import FraudCase, InboundMessage, VerificationJob
from app.outbound.enqueue import enqueue
from app.outbound.messages import Text
from tests.whatsapp import Read

NUMBER, USER = "+34600111222", "ES.13491208655302741918"


def have_everything(container: Container, identity: Identity, report: str, tries: int) -> int:
    """Create a customer with a row in each table, among them an open verification."""
    with container.sessions.begin() as session:
        customer = identify(session, identity, vault=container.vault)
        verification = VerificationJob(
            customer_id=customer.id, language="en", report=report, failed_tries=tries
        )
        session.add(verification)
        session.flush()
        session.add(
            FraudCase(
                verification_job_id=verification.id,
                customer_id=customer.id,
                language="en",
                report=report,
            )
        )
        session.add(
            InboundMessage(message_fingerprint=report, customer_id=customer.id, kind="text")
        )
        enqueue(session, Text(report), to=customer, vault=container.vault)
        return customer.id


def test_a_merge_moves_all_rows_to_the_older_customer_and_keeps_one_verification_open(
    container: Container, read: Read
) -> None:
    older = have_everything(container, Identity(user_id=USER), "first", 3)
    have_everything(container, Identity(number=NUMBER), "second", 1)
    with container.sessions.begin() as session:
        identify(session, Identity(NUMBER, USER), vault=container.vault)
    for table in (
        "cc_verification_jobs",
        "cc_fraud_cases",
        "cc_inbound_messages",
        "cc_outbound_jobs",
    ):
        rows = read(f"SELECT customer_id FROM {table}")
        assert [row["customer_id"] for row in rows] == [older, older], table
    assert read("SELECT status, report, failed_tries FROM cc_verification_jobs ORDER BY id") == [
        {"status": "cancelled", "report": "first", "failed_tries": 3},
        {"status": "awaiting_verification", "report": "first\nsecond", "failed_tries": 3},
    ]
    assert read("SELECT id FROM cc_customers") == [{"id": older}]
