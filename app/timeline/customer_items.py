"""The inbox items about one customer."""

from sqlalchemy import (
    ColumnElement,
    Select,
    Text,
    any_,
    cast,
    func,
    literal,
    select,
    union_all,
)
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.fraud.models import FraudCase, FraudCaseMessage, VerificationJob
from app.inbox.models import InboxItem
from app.outbound.models import OutboundJob
from app.outbox.events import (
    FraudCaseCreated,
    FraudCaseMessageAdded,
    OtpVerificationStuck,
    OutboundFailedMaxAttempts,
)

LATEST = 200
"""The newest rows of each kind, of which the items are found."""


def items_of_customer(session: Session, customer_id: int) -> tuple[int, ...]:
    """Return the ids of the items about a customer's reports, verifications and messages.

    An item has the dedupe key of its first event, and that key has a unique index.
    """
    cases = _latest(FraudCase.id, FraudCase.customer_id == customer_id)
    texts = _latest(FraudCaseMessage.id, FraudCaseMessage.case_id.in_(cases))
    verifications = _latest(VerificationJob.id, VerificationJob.customer_id == customer_id)
    jobs = _latest(OutboundJob.id, OutboundJob.customer_id == customer_id)
    keys = union_all(
        _keys(FraudCaseCreated.event_type, cases),
        _keys(FraudCaseMessageAdded.event_type, texts),
        _keys(OtpVerificationStuck.event_type, verifications),
        _keys(OutboundFailedMaxAttempts.event_type, jobs),
        _keys_after_a_retry(jobs),
    )
    wanted = func.array(keys.scalar_subquery())
    return tuple(session.scalars(select(InboxItem.id).where(InboxItem.dedupe_key == any_(wanted))))


def _latest(row_id: InstrumentedAttribute[int], condition: ColumnElement[bool]) -> Select[int]:
    return select(row_id).where(condition).order_by(row_id.desc()).limit(LATEST)


def _keys(event_type: str, ids: Select[int]) -> Select[str]:
    rows = ids.subquery()
    return select(literal(f"{event_type}:") + cast(rows.c.id, Text))


def _keys_after_a_retry(jobs: Select[int]) -> Select[str]:
    """Select the keys of the failures of jobs that an admin has retried, one per budget."""
    budget = cast(func.generate_series(2, OutboundJob.budget), Text)
    of_job = literal(f"{OutboundFailedMaxAttempts.event_type}:") + cast(OutboundJob.id, Text)
    return select(of_job + ":" + budget).where(OutboundJob.id.in_(jobs))
