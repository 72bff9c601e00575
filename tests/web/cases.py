"""Writes a fraud case with later messages of its customer."""

from sqlalchemy import text

from app.core.database import Sessions


def write_case(sessions: Sessions) -> None:
    """Write case 1 of a customer, with two later messages."""
    with sessions.begin() as session:
        session.execute(
            text(
                "WITH customer AS (INSERT INTO cc_customers (number_encrypted,"
                " number_fingerprint, masked) VALUES ('sealed', 'print', '••• 0147')"
                " RETURNING id) INSERT INTO cc_verification_jobs (status, customer_id, language,"
                " report, closed_at)"
                " SELECT 'verified', id, 'en', 'My card is gone', now() FROM customer"
            )
        )
        session.execute(
            text(
                "INSERT INTO cc_fraud_cases (verification_job_id, customer_id, language, report)"
                " SELECT id, customer_id, 'en', 'My card is gone' FROM cc_verification_jobs"
            )
        )
        session.execute(
            text(
                "INSERT INTO cc_fraud_case_messages (case_id, text)"
                " VALUES (1, '480 EUR in Lyon <b>'), (1, 'on Monday')"
            )
        )
        session.execute(
            text(
                "INSERT INTO cc_inbound_messages (message_fingerprint, customer_id, kind, text)"
                " SELECT 'message ' || kept.id, customer_id, 'text', kept.text"
                " FROM cc_fraud_case_messages AS kept"
                " JOIN cc_fraud_cases AS its_case ON its_case.id = kept.case_id ORDER BY kept.id"
            )
        )
