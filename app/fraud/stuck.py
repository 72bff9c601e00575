"""Find verifications that have waited too long for their code, and record each once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import (
    ColumnElement,
    Integer,
    ScalarSelect,
    String,
    cast,
    func,
    literal,
    select,
)
from sqlalchemy.orm import Session

from app.core.database import Sessions
from app.core.errors import InvalidInput
from app.fraud.models import VerificationJob, VerificationStatus
from app.outbound.models import OutboundJob, OutboundKind
from app.outbox.events import OtpVerificationStuck
from app.outbox.models import AutomationEvent
from app.outbox.record import record_events

MIN_MINUTES = 1
MAX_MINUTES = 10_080


@dataclass(frozen=True, slots=True)
class StuckResult:
    """The number of stuck verifications, and the number of new events."""

    stuck: int
    recorded: int


def check_otp_stuck(sessions: Sessions, *, threshold_minutes: int) -> StuckResult:
    """Record an event for each verification that has waited longer than the threshold.

    A verification is recorded once, also with other thresholds and concurrent checks. Raises
    InvalidInput unless the threshold is 1 to 10,080 minutes (a week).
    """
    if not MIN_MINUTES <= threshold_minutes <= MAX_MINUTES:
        raise InvalidInput(
            f"The threshold must be {MIN_MINUTES} to {MAX_MINUTES} minutes.",
            field="stuckMinutesThreshold",
        )
    with sessions.begin() as session:
        return record_stuck(session, threshold_minutes=threshold_minutes)


def record_stuck(session: Session, *, threshold_minutes: int) -> StuckResult:
    """Like `check_otp_stuck`, in the caller's transaction."""
    is_stuck = _is_stuck(threshold_minutes)
    stuck = session.scalars(select(func.count()).where(*is_stuck)).one()
    recorded = record_events(session, _unrecorded(session, is_stuck))
    return StuckResult(stuck, len(recorded))


def _is_stuck(minutes: int) -> tuple[ColumnElement[bool], ...]:
    return (
        VerificationJob.status == VerificationStatus.AWAITING,
        VerificationJob.created_at < func.now() - timedelta(minutes=minutes),
    )


def _unrecorded(
    session: Session, is_stuck: tuple[ColumnElement[bool], ...]
) -> Sequence[OtpVerificationStuck]:
    key = literal(f"{OtpVerificationStuck.event_type}:") + cast(VerificationJob.id, String)
    recorded = select(AutomationEvent.id).where(AutomationEvent.dedupe_key == key)
    rows = session.execute(
        select(
            VerificationJob.id.label("job_id"),
            VerificationJob.phone_masked.label("masked_phone"),
            _waiting_minutes().label("waiting_minutes"),
            _last_message_id().label("last_message_id"),
        )
        .where(*is_stuck, ~recorded.exists())
        .order_by(VerificationJob.id)
    )
    return [OtpVerificationStuck(**row) for row in rows.mappings()]


def _waiting_minutes() -> ColumnElement[int]:
    waiting = func.extract("epoch", func.now() - VerificationJob.created_at) / 60
    return cast(func.floor(waiting), Integer)


def _last_message_id() -> ScalarSelect[int | None]:
    """Select the outbound job of the last code of a verification."""
    reference = literal("verification:") + cast(VerificationJob.id, String)
    return (
        select(func.max(OutboundJob.id))
        .where(OutboundJob.subject_ref == reference, OutboundJob.kind == OutboundKind.OTP)
        .scalar_subquery()
    )
