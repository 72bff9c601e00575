"""Read the state of a conversation, and the wrong codes of a customer, from the database."""

from datetime import timedelta

from sqlalchemy import BigInteger, Select, bindparam, func, literal, select
from sqlalchemy.orm import Session

from app.fraud.answer_limits import PER_CUSTOMER_AND_DAY
from app.fraud.cases import takes_messages
from app.fraud.conversation import CodeState, ConversationState, Verification
from app.fraud.guess_limits import DAY, PER_CUSTOMER, Guesses
from app.fraud.models import CodeResult, FraudCase, InboundMessage, VerificationJob
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
_CODES_SENT_TODAY = select(func.count()).where(
    OutboundJob.customer_id == _OF,
    OutboundJob.kind == OutboundKind.OTP,
    OutboundJob.created_at > func.now() - DAY,
)
_MESSAGES_TODAY = select(func.count()).select_from(
    select(literal(1))
    .where(InboundMessage.customer_id == _OF, InboundMessage.created_at > func.now() - DAY)
    .limit(PER_CUSTOMER_AND_DAY + 1)
    .subquery()
)
"""Counts no further than the limit, because a customer may send any number of messages."""
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

_PARTS = {
    "recent_sends": _CODES_SENT,
    "recent_messages": _MESSAGES,
    "sends_today": _CODES_SENT_TODAY,
    "messages_today": _MESSAGES_TODAY,
    "language": _LAST_LANGUAGE,
    "newest_case": _NEWEST_CASE,
    "first_id": _FIRST_ID_OF_THE_HOUR,
}
_STANDING = select(*(part.scalar_subquery().label(name) for name, part in _PARTS.items()))
"""Built once, because building it takes longer than executing it."""


def read_conversation_state(  # noqa: PLR0913 - the last two are keyword arguments
    session: Session,
    customer_id: int,
    verification: VerificationJob | None,
    code: CodeState,
    *,
    message_id: int,
    rest: timedelta = timedelta(),
) -> ConversationState:
    """Return the input of `decide_reply`, read with one statement.

    `message_id` is the row of the current message. `rest` is that of `read_guesses`.
    """
    found = session.execute(_STANDING, {"customer_id": customer_id}).one()
    return ConversationState(
        verification=Verification(verification.failed_tries, code) if verification else None,
        recent_sends=found.recent_sends,
        recent_messages=found.recent_messages,
        language=Language(found.language) if found.language else None,
        is_verified=found.newest_case is not None,
        has_open_case=bool(found.newest_case),
        messages_of_all=message_id - (found.first_id or message_id) + 1,
        sends_today=found.sends_today,
        messages_today=found.messages_today,
        rest=rest,
    )


def read_guesses(session: Session, customer_id: int, *, up_to: int) -> Guesses:
    """Return the wrong codes of the last 24 hours; those of all are counted up to `up_to`."""
    own = session.scalars(_OWN_GUESSES, {"customer_id": customer_id}).all()
    of_all = session.scalars(_guesses_of_all(up_to)).one() if own else 0
    return Guesses(now=session.scalars(select(func.now())).one(), own=own, of_all=of_all)


_WRONG_TODAY = (
    InboundMessage.code == CodeResult.WRONG,
    InboundMessage.created_at > func.now() - DAY,
)
_OWN_GUESSES = (
    select(InboundMessage.created_at)
    .where(InboundMessage.customer_id == _OF, *_WRONG_TODAY)
    .order_by(InboundMessage.created_at.desc())
    .limit(PER_CUSTOMER)
)


def _guesses_of_all(up_to: int) -> Select[int]:
    counted = select(literal(1)).where(*_WRONG_TODAY).limit(up_to).subquery()
    return select(func.count()).select_from(counted)
