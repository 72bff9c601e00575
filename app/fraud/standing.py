"""Read where a number stands in its conversation with us."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.fraud.conversation import CodeState, Standing, Verification
from app.fraud.models import InboundMessage, VerificationJob, VerificationStatus
from app.fraud.otp import SEND_WINDOW
from app.fraud.phrases import Language
from app.outbound.models import OutboundJob, OutboundKind


def awaiting_verification(session: Session, phone_fingerprint: str) -> VerificationJob | None:
    """Return the open verification of a number; there is one at most."""
    return session.scalar(
        select(VerificationJob).where(
            VerificationJob.phone_fingerprint == phone_fingerprint,
            VerificationJob.status == VerificationStatus.AWAITING,
        )
    )


def read_standing(
    session: Session,
    phone_fingerprint: str,
    verification: VerificationJob | None,
    code: CodeState,
) -> Standing:
    """Return what the conversation decides by."""
    return Standing(
        verification=Verification(verification.failed_tries, code) if verification else None,
        recent_sends=_count_sends(session, phone_fingerprint),
        recent_messages=_count_messages(session, phone_fingerprint),
        language=_last_language(session, phone_fingerprint),
    )


def _count_sends(session: Session, phone_fingerprint: str) -> int:
    """Count the codes that a number asked for; the tries to send one count as one."""
    return session.scalars(
        select(func.count()).where(
            OutboundJob.recipient_fingerprint == phone_fingerprint,
            OutboundJob.kind == OutboundKind.OTP,
            OutboundJob.created_at > func.now() - SEND_WINDOW,
        )
    ).one()


def _count_messages(session: Session, phone_fingerprint: str) -> int:
    return session.scalars(
        select(func.count()).where(
            InboundMessage.phone_fingerprint == phone_fingerprint,
            InboundMessage.created_at > func.now() - SEND_WINDOW,
        )
    ).one()


def _last_language(session: Session, phone_fingerprint: str) -> Language | None:
    language = session.scalar(
        select(VerificationJob.language)
        .where(VerificationJob.phone_fingerprint == phone_fingerprint)
        .order_by(VerificationJob.id.desc())
        .limit(1)
    )
    return Language(language) if language else None
