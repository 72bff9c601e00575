"""Read the state of a conversation from the database."""

from datetime import timedelta

from sqlalchemy import BigInteger, bindparam, func, select
from sqlalchemy.orm import Session

from app.fraud.cases import takes_messages
from app.fraud.conversation import CodeState, ConversationState, Verification
from app.fraud.models import FraudCase, InboundMessage, VerificationJob
from app.fraud.otp import SEND_WINDOW
from app.fraud.phrases import Language
from app.outbound.models import OutboundJob, OutboundKind

_OF = bindparam("customer_id", type_=BigInteger)

_CODES_SENT = select(func.count()).where(
    OutboundJob.customer_id == _OF,
    OutboundJob.kind == OutboundKind.OTP,
    OutboundJob.created_at > func.now() - SEND_WINDOW,
)
"""The number of codes that were requested. Repeated attempts to send one count once."""

_MESSAGES = select(func.count()).where(
    InboundMessage.customer_id == _OF, InboundMessage.created_at > func.now() - SEND_WINDOW
)
_LAST_LANGUAGE = (
    select(VerificationJob.language)
    .where(VerificationJob.customer_id == _OF)
    .order_by(VerificationJob.id.desc())
    .limit(1)
)
_NEWEST_CASE = (
    select(takes_messages())
    .where(FraudCase.customer_id == _OF)
    .order_by(FraudCase.id.desc())
    .limit(1)
)
_FIRST_ID_OF_THE_HOUR = (
    select(InboundMessage.id)
    .where(InboundMessage.created_at > func.now() - timedelta(hours=1))
    .order_by(InboundMessage.created_at)
    .limit(1)
)
"""Ids ascend, so the difference to this one is the number of messages of the hour. It costs one
index lookup. Repeated deliveries use up ids too, so the number may be too high."""

_STANDING = select(
    *(
        part.scalar_subquery()
        for part in (_CODES_SENT, _MESSAGES, _LAST_LANGUAGE, _NEWEST_CASE, _FIRST_ID_OF_THE_HOUR)
    )
)
"""Built once, because building it takes longer than executing it."""


def read_conversation_state(
    session: Session,
    customer_id: int,
    verification: VerificationJob | None,
    code: CodeState,
    *,
    message_id: int,
) -> ConversationState:
    """Return the input of `decide_reply`, read with one statement.

    `message_id` is the row of the current message.
    """
    sends, messages, language, newest_case, first_id = session.execute(
        _STANDING, {"customer_id": customer_id}
    ).one()
    return ConversationState(
        verification=Verification(verification.failed_tries, code) if verification else None,
        recent_sends=sends,
        recent_messages=messages,
        language=Language(language) if language else None,
        is_verified=newest_case is not None,
        has_open_case=bool(newest_case),
        messages_of_all=message_id - (first_id or message_id) + 1,
    )
