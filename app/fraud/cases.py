"""Open cases of verified reports and add messages to them, with their events."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.fraud.models import CaseStatus, FraudCase, FraudCaseMessage, VerificationJob
from app.outbox.events import FraudCaseCreated, FraudCaseMessageAdded
from app.outbox.record import record_event


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


def open_case_of(session: Session, customer_id: int) -> FraudCase | None:
    """Return the newest case of a customer if it is open, otherwise None."""
    newest = session.scalar(
        select(FraudCase)
        .where(FraudCase.customer_id == customer_id)
        .order_by(FraudCase.id.desc())
        .limit(1)
    )
    return newest if newest is not None and newest.status == CaseStatus.OPEN else None


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
