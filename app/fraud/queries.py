"""Read cases: pages of cases, and one case with its verification. Numbers are masked."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.errors import NotFound
from app.core.paging import DEFAULT_LIMIT, Page, decode_cursor, read_page
from app.core.views import view_of
from app.fraud.models import FraudCase, FraudCaseMessage, VerificationJob, VerificationStatus

MESSAGES_SHOWN = 200
"""How many messages are shown with a case. If there are more, the newest are shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseView:
    """A case for pages and the API. `phone` is masked, `report` was redacted."""

    id: int
    status: str
    phone: str
    customer_id: int
    language: str
    report: str
    verification_job_id: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationView:
    """A verification for pages and the API. `phone` is masked, `report` was redacted."""

    id: int
    status: str
    phone: str
    customer_id: int
    report: str
    language: str
    wrong_codes: int
    created_at: datetime
    closed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageView:
    """A later message of the customer; its text was redacted."""

    id: int
    text: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class CaseWithVerification:
    """A case, its verification, and its newest messages, oldest first."""

    case: CaseView
    verification: VerificationView
    messages: list[MessageView]


def list_cases(
    session: Session,
    *,
    status: str | None = None,
    customer_id: int | None = None,
    cursor: str | None = None,
    limit: int = DEFAULT_LIMIT,
) -> Page[CaseView]:
    """Return a page of cases, newest first. Raises InvalidInput on a foreign cursor."""
    before = decode_cursor(cursor)
    parts = ((FraudCase.status, status), (FraudCase.customer_id, customer_id))
    conditions = [column == value for column, value in parts if value is not None]
    newest = (
        select(FraudCase.id).where(FraudCase.id < before, *conditions).order_by(FraudCase.id.desc())
    )
    return read_page(session, FraudCase, newest.limit, limit=limit).map(_case_of)


def show_case(session: Session, case_id: int) -> CaseWithVerification:
    """Return a case with its verification and its newest messages. Raises NotFound."""
    case = session.get(FraudCase, case_id)
    if case is None:
        raise NotFound(f"There is no fraud case {case_id}.")
    verification = session.get_one(VerificationJob, case.verification_job_id)
    return CaseWithVerification(
        _case_of(case), _verification_of(verification), _newest_messages(session, case_id)
    )


def list_verifications(
    session: Session,
    *,
    status: VerificationStatus | None = None,
    customer_id: int | None = None,
    cursor: str | None = None,
    limit: int = DEFAULT_LIMIT,
) -> Page[VerificationView]:
    """Return a page of verifications, newest first. Raises InvalidInput on a foreign cursor."""
    before = decode_cursor(cursor)
    job = VerificationJob
    parts = ((job.status, status), (job.customer_id, customer_id))
    conditions = [column == value for column, value in parts if value is not None]
    newest = select(job.id).where(job.id < before, *conditions).order_by(job.id.desc())
    return read_page(session, job, newest.limit, limit=limit).map(_verification_of)


def case_of_verification(session: Session, verification_id: int) -> int | None:
    """Return the id of the case of a verification, if it has become one."""
    its_case = select(FraudCase.id).where(FraudCase.verification_job_id == verification_id)
    return session.scalar(its_case)


def show_verification(session: Session, verification_id: int) -> VerificationView:
    """Return a verification, open or closed. Raises NotFound."""
    row = session.get(VerificationJob, verification_id)
    if row is None:
        raise NotFound(f"There is no verification {verification_id}.")
    return _verification_of(row)


def _newest_messages(session: Session, case_id: int) -> list[MessageView]:
    newest = session.scalars(
        select(FraudCaseMessage)
        .where(FraudCaseMessage.case_id == case_id)
        .order_by(FraudCaseMessage.id.desc())
        .limit(MESSAGES_SHOWN)
    )
    return [view_of(MessageView, row) for row in reversed(newest.all())]


def _case_of(row: FraudCase) -> CaseView:
    return view_of(CaseView, row, phone=row.phone_masked)


def _verification_of(row: VerificationJob) -> VerificationView:
    return view_of(VerificationView, row, phone=row.phone_masked, wrong_codes=row.failed_tries)
