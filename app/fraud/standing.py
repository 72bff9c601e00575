"""Read where a customer stands in its conversation with us."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.fraud.conversation import CodeState, Standing, Verification
from app.fraud.models import InboundMessage, VerificationJob
from app.fraud.otp import SEND_WINDOW
from app.fraud.phrases import Language
from app.outbound.models import OutboundJob, OutboundKind


def read_standing(
    session: Session,
    customer_id: int,
    verification: VerificationJob | None,
    code: CodeState,
) -> Standing:
    """Return what the conversation decides by."""
    return Standing(
        verification=Verification(verification.failed_tries, code) if verification else None,
        recent_sends=_count_sends(session, customer_id),
        recent_messages=_count_messages(session, customer_id),
        language=_last_language(session, customer_id),
    )


def _count_sends(session: Session, customer_id: int) -> int:
    """Count the codes that a customer asked for; the tries to send one count as one."""
    return session.scalars(
        select(func.count()).where(
            OutboundJob.customer_id == customer_id,
            OutboundJob.kind == OutboundKind.OTP,
            OutboundJob.created_at > func.now() - SEND_WINDOW,
        )
    ).one()


def _count_messages(session: Session, customer_id: int) -> int:
    return session.scalars(
        select(func.count()).where(
            InboundMessage.customer_id == customer_id,
            InboundMessage.created_at > func.now() - SEND_WINDOW,
        )
    ).one()


def _last_language(session: Session, customer_id: int) -> Language | None:
    language = session.scalar(
        select(VerificationJob.language)
        .where(VerificationJob.customer_id == customer_id)
        .order_by(VerificationJob.id.desc())
        .limit(1)
    )
    return Language(language) if language else None
