"""Expire verifications that nobody completes. The report stays in the row.

Intake and checker both use the clock of the database.
"""

from datetime import timedelta

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from app.fraud.models import VerificationJob, VerificationStatus

VERIFICATION_LIFETIME = timedelta(hours=24)


def expire_or_lock_open(
    session: Session, customer_id: int, *, lifetime: timedelta
) -> VerificationJob | None:
    """Return the open verification of a customer, or None. Close it first if it has expired.

    The row is locked, so that the checker can't close it while a message is added to it.
    """
    found = session.execute(
        select(VerificationJob, _has_expired(lifetime))
        .where(
            VerificationJob.customer_id == customer_id,
            VerificationJob.status == VerificationStatus.AWAITING,
        )
        .with_for_update(key_share=True)
    ).one_or_none()
    if found is None:
        return None
    verification: VerificationJob
    verification, has_expired = found
    if not has_expired:
        return verification
    verification.status = VerificationStatus.EXPIRED
    verification.closed_at = func.now()
    session.flush()  # a customer may have only one open verification
    return None


def expire_due(session: Session, *, lifetime: timedelta) -> int:
    """Close all expired verifications; return their number."""
    expired = session.scalars(
        update(VerificationJob)
        .where(VerificationJob.status == VerificationStatus.AWAITING, _has_expired(lifetime))
        .values(status=VerificationStatus.EXPIRED, closed_at=func.now())
        .returning(VerificationJob.id)
        .execution_options(synchronize_session=False)
    )
    return len(expired.all())


def _has_expired(lifetime: timedelta) -> ColumnElement[bool]:
    return VerificationJob.created_at <= func.now() - lifetime
