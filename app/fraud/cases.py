"""Open cases of verified reports and add messages to them, with their events."""

from datetime import timedelta

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from app.fraud.models import CaseStatus, FraudCase, FraudCaseMessage, VerificationJob
from app.outbox.events import FraudCaseCreated, FraudCaseMessageAdded
from app.outbox.record import record_event

TAKES_MESSAGES_FOR = timedelta(days=30)
"""How long after its end a case takes messages. Each of them opens it again."""


def takes_messages() -> ColumnElement[bool]:
    """Return the condition that a message of the customer is added to a case."""
    ended_lately = FraudCase.updated_at > func.now() - TAKES_MESSAGES_FOR
    return or_(FraudCase.status != CaseStatus.CLOSED, ended_lately)


def open_case(session: Session, verification: VerificationJob) -> FraudCase:
    """Create the case of `verification` and record `fraud_case_created`, in one transaction."""
    case = FraudCase(
        verification_job_id=verification.id,
        customer_id=verification.customer_id,
        language=verification.language,
        report=verification.report,
    )
    session.add(case)
    session.flush()
    record_event(
        session,
        FraudCaseCreated(
            case_id=case.id,
            masked_phone=case.phone_masked,
            language=case.language,
            report=case.report,
        ),
    )
    return case


def case_for_message(session: Session, customer_id: int) -> FraudCase | None:
    """Return the newest case of a customer if it takes messages, otherwise None."""
    newest = (
        select(FraudCase, takes_messages())
        .where(FraudCase.customer_id == customer_id)
        .order_by(FraudCase.id.desc())
        .limit(1)
    )
    found = session.execute(newest).one_or_none()
    return found[0] if found is not None and found[1] else None


def add_message(session: Session, case: FraudCase, text: str) -> None:
    """Add a redacted text to `case`, and record `fraud_case_message_added`."""
    message = FraudCaseMessage(case_id=case.id, text=text)
    session.add(message)
    session.flush()
    record_event(
        session,
        FraudCaseMessageAdded(
            case_id=case.id, message_id=message.id, masked_phone=case.phone_masked, text=text
        ),
    )
