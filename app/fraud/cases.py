"""Open the case of a verified report, with the event that tells of it."""

from sqlalchemy.orm import Session

from app.fraud.models import FraudCase, VerificationJob
from app.outbox.events import FraudCaseCreated
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
