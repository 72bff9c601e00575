"""Read where a customer stands in its conversation with us."""

from datetime import timedelta

from sqlalchemy import ScalarSelect, func, select
from sqlalchemy.orm import Session

from app.fraud.conversation import CodeState, Standing, Verification
from app.fraud.models import CaseStatus, FraudCase, InboundMessage, VerificationJob
from app.fraud.otp import SEND_WINDOW
from app.fraud.phrases import Language
from app.outbound.models import OutboundJob, OutboundKind

HOUR = timedelta(hours=1)


def read_standing(
    session: Session,
    customer_id: int,
    verification: VerificationJob | None,
    code: CodeState,
    *,
    message_id: int,
) -> Standing:
    """Return what the conversation decides by, in one statement.

    `message_id` is the row of the message that is being taken in.
    """
    sends, messages, language, newest_case, first_id = session.execute(
        select(
            _sends(customer_id),
            _messages(customer_id),
            _last_language(customer_id),
            _newest_case_status(customer_id),
            _first_id_of_the_hour(),
        )
    ).one()
    return Standing(
        verification=Verification(verification.failed_tries, code) if verification else None,
        recent_sends=sends,
        recent_messages=messages,
        language=Language(language) if language else None,
        is_verified=newest_case is not None,
        has_open_case=newest_case == CaseStatus.OPEN,
        messages_of_all=message_id - (first_id or message_id) + 1,
    )


def _sends(customer_id: int) -> ScalarSelect[int]:
    """Count the codes that a customer asked for; the attempts to send one count as one."""
    return (
        select(func.count())
        .where(
            OutboundJob.customer_id == customer_id,
            OutboundJob.kind == OutboundKind.OTP,
            OutboundJob.created_at > func.now() - SEND_WINDOW,
        )
        .scalar_subquery()
    )


def _messages(customer_id: int) -> ScalarSelect[int]:
    return (
        select(func.count())
        .where(
            InboundMessage.customer_id == customer_id,
            InboundMessage.created_at > func.now() - SEND_WINDOW,
        )
        .scalar_subquery()
    )


def _last_language(customer_id: int) -> ScalarSelect[str]:
    return (
        select(VerificationJob.language)
        .where(VerificationJob.customer_id == customer_id)
        .order_by(VerificationJob.id.desc())
        .limit(1)
        .scalar_subquery()
    )


def _newest_case_status(customer_id: int) -> ScalarSelect[str]:
    return (
        select(FraudCase.status)
        .where(FraudCase.customer_id == customer_id)
        .order_by(FraudCase.id.desc())
        .limit(1)
        .scalar_subquery()
    )


def _first_id_of_the_hour() -> ScalarSelect[int]:
    """Return the id of the hour's first message, by one probe of an index.

    Ids are given out in order, so their difference counts the hour's messages without
    reading them. Deliveries that were repeated use up ids too, so it may count too many.
    """
    return (
        select(InboundMessage.id)
        .where(InboundMessage.created_at > func.now() - HOUR)
        .order_by(InboundMessage.created_at)
        .limit(1)
        .scalar_subquery()
    )
