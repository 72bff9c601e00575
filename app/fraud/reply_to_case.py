"""Send a reply of a person to the customer of a case, in the caller's transaction."""

from sqlalchemy.orm import Session

from app.core.encryption import Vault
from app.core.errors import Conflict, NotFound
from app.core.redaction import redact_prose
from app.customers.identify import KnownCustomer, lock_customer
from app.fraud.approved_texts import WantedReply, message_of
from app.fraud.models import FraudCase
from app.fraud.reply_window import ReplyWindow, read_window
from app.outbound.enqueue import Enqueued, check_key, enqueue
from app.outbound.messages import Message, Text
from app.outbound.models import OutboundHistory, OutboundStatus
from app.outbound.timeline import REPLY
from app.outbound.words import words_of


def reply_to_case(  # noqa: PLR0913 - each is a field of the request
    session: Session,
    case_id: int,
    wanted: WantedReply,
    *,
    actor: str,
    vault: Vault,
    key: str | None = None,
) -> Enqueued:
    """Create the job that sends a reply, with its history entry.

    A repeated `key` with the same words returns the first job. Raises NotFound, InvalidInput
    for words that can't be sent, and Conflict for free text outside the window or for a key
    with other words.
    """
    check_key(key)
    case = session.get(FraudCase, case_id)
    if case is None:
        raise NotFound(f"There is no fraud case {case_id}.")
    message = message_of(wanted, case_id=case_id)
    customer = _lock_customer_of(session, case)
    check_window(message, read_window(session, customer.id))
    enqueued = enqueue(
        session,
        message,
        to=customer,
        vault=vault,
        subject_ref=f"case:{case_id}",
        idempotency_key=key and f"case:{case_id}:{key}",
    )
    if enqueued.is_new:
        session.add(_history(enqueued, message, actor=actor))
        session.flush()
    return enqueued


def check_window(message: Message, window: ReplyWindow) -> None:
    """Raise Conflict for a text outside the window. A template may be sent at any time."""
    if isinstance(message, Text) and not window.is_open:
        raise Conflict(
            "WhatsApp takes only templates for this customer now, because they last wrote more"
            " than 24 hours ago; send a template, and write freely when they have answered."
        )


def _lock_customer_of(session: Session, case: FraudCase) -> KnownCustomer:
    """Lock the customer of a case. A merge may replace them while we wait for the lock."""
    while (customer := lock_customer(session, case.customer_id)) is None:
        session.refresh(case)
    return customer


def _history(enqueued: Enqueued, message: Message, *, actor: str) -> OutboundHistory:
    return OutboundHistory(
        job_id=enqueued.job_id,
        actor=actor,
        action=REPLY,
        from_status="none",
        to_status=OutboundStatus.QUEUED,
        note=redact_prose(words_of(message)),
    )
