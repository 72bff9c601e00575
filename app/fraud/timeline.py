"""The entries of customers' messages, verifications and cases in a timeline."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.timeline import Entry, Place, Rank, Window
from app.fraud.models import CodeResult, FraudCase, InboundMessage, VerificationJob

_ENDS = {
    "verified": "The customer proved who they are",
    "exhausted": "The verification ended after too many wrong codes",
    "cancelled": "The verification was cancelled",
    "expired": "The verification expired",
}
_CODES = {
    CodeResult.RIGHT: "The customer returned the right code",
    CodeResult.WRONG: "The customer returned a wrong code",
    CodeResult.UNCHECKED: "The customer sent a code, which was not checked",
}
_KINDS = {
    "revoke": "The customer deleted a message",
    "edit": "The customer edited a message",
    "text": "The customer wrote",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A verification with its case, if there is one, and when the customer's next one began."""

    verification_id: int
    customer_id: int
    language: str
    began_at: datetime
    next_began_at: datetime | None
    case_id: int | None

    @property
    def subjects(self) -> tuple[str, ...]:
        """What events and messages about the report refer to."""
        case = () if self.case_id is None else (f"case:{self.case_id}",)
        return (f"verification:{self.verification_id}", *case)


def report_of_case(session: Session, case_id: int) -> Report | None:
    """Return the report of a case; None if there is no such case."""
    verification_id = session.scalar(
        select(FraudCase.verification_job_id).where(FraudCase.id == case_id)
    )
    return None if verification_id is None else report_of_verification(session, verification_id)


def report_of_verification(session: Session, verification_id: int) -> Report | None:
    """Return the report of a verification; None if there is no such verification."""
    row = session.get(VerificationJob, verification_id)
    if row is None:
        return None
    later = (
        select(VerificationJob.created_at)
        .where(VerificationJob.customer_id == row.customer_id, VerificationJob.id > row.id)
        .order_by(VerificationJob.id)
        .limit(1)
    )
    its_case = select(FraudCase.id).where(FraudCase.verification_job_id == row.id)
    return Report(
        verification_id=row.id,
        customer_id=row.customer_id,
        language=row.language,
        began_at=row.created_at,
        next_began_at=session.scalar(later),
        case_id=session.scalar(its_case),
    )


def report_entries(session: Session, report: Report, window: Window) -> Iterator[Entry]:
    """Yield the entries of a report: the customer's messages, the verification and the case."""
    yield from _verification(session, report, window)
    yield from _case(session, report, window)
    message = InboundMessage
    since = [message.customer_id == report.customer_id, message.created_at >= report.began_at]
    if report.next_began_at is not None:
        since.append(message.created_at < report.next_began_at)
    query = select(message).where(*since)
    for row in session.scalars(
        window.of(query, message.created_at, message.id, Rank.CUSTOMER_WROTE)
    ):
        yield _message_of(row, report)


def said_in(message: InboundMessage) -> str:
    """Return a sentence about a message; its words are in its text."""
    if message.code is not None:
        return _CODES[CodeResult(message.code)]
    return _KINDS.get(message.kind) or f"The customer sent content of the kind {message.kind}"


def _message_of(row: InboundMessage, report: Report) -> Entry:
    place = Place(row.created_at, Rank.CUSTOMER_WROTE, row.id)
    ref = report.subjects[-1]
    return Entry.of(place, ref, said_in(row), detail=row.text, language=report.language)


def _verification(session: Session, report: Report, window: Window) -> Iterator[Entry]:
    job = VerificationJob
    ref = f"verification:{report.verification_id}"
    for rank, at in (
        (Rank.VERIFICATION_BEGAN, job.created_at),
        (Rank.VERIFICATION_ENDED, job.closed_at),
    ):
        query = select(job.id, job.status, at.label("at")).where(job.id == report.verification_id)
        for row in session.execute(window.of(query, at, job.id, rank)):
            ended = rank is Rank.VERIFICATION_ENDED
            text = _ENDS[row.status] if ended else f"Verification {row.id} began"
            yield Entry.of(Place(row.at, rank, row.id), ref, text)


def _case(session: Session, report: Report, window: Window) -> Iterator[Entry]:
    query = select(FraudCase.id, FraudCase.created_at).where(FraudCase.id == report.case_id)
    opened = window.of(query, FraudCase.created_at, FraudCase.id, Rank.CASE_OPENED)
    for row in session.execute(opened):
        place = Place(row.created_at, Rank.CASE_OPENED, row.id)
        yield Entry.of(place, f"case:{row.id}", f"Case {row.id} was opened")
