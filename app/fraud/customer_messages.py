"""The messages of customers, and how they are stored."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.core.encryption import Vault
from app.core.redaction import KnownSecrets
from app.customers.identity import Identity
from app.fraud.decisions import (
    AddToCase,
    ConversationDecision,
    CountWrongCode,
    Exhaust,
    Verify,
)
from app.fraud.models import CodeResult, InboundMessage
from app.fraud.phrases import Code, MistypedCode, Said
from app.fraud.storable import MAX_MESSAGE, storable


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerMessage:
    """One message from the provider. `text` is None if it has no text."""

    provider_message_id: str = field(repr=False)
    sender: Identity
    kind: str
    text: str | None = field(default=None, repr=False)
    sent_at: datetime | None = None

    @property
    def is_edit(self) -> bool:
        """Whether it replaces an earlier message."""
        return self.kind == "edit"


def keep_message(  # noqa: PLR0913 - the last two are keyword arguments
    session: Session,
    message: CustomerMessage,
    said: Said,
    known: KnownSecrets,
    *,
    customer_id: int,
    vault: Vault,
) -> int | None:
    """Store a message with its redacted text; return its id, or None if it was stored before.

    The text of a code is not stored.
    """
    text = None if isinstance(said, Code | MistypedCode) else message.text
    statement = (
        insert(InboundMessage)
        .values(
            message_fingerprint=vault.fingerprint("message", message.provider_message_id),
            customer_id=customer_id,
            kind=message.kind,
            text=_kept(text, known),
            sent_at=message.sent_at,
        )
        .on_conflict_do_nothing(index_elements=["message_fingerprint"])
        .returning(InboundMessage.id)
    )
    return session.scalar(statement)


def keep_code(
    session: Session,
    message_id: int,
    message: CustomerMessage,
    decision: ConversationDecision,
    known: KnownSecrets,
) -> None:
    """Store what became of a code. Digits that were added to a case are an amount: keep them."""
    is_amount = isinstance(decision, AddToCase) and not message.is_edit
    values = {"text": _kept(message.text, known)} if is_amount else {"code": code_result(decision)}
    session.execute(update(InboundMessage).where(InboundMessage.id == message_id).values(values))


def code_result(decision: ConversationDecision) -> CodeResult:
    """Return what became of a code, by the decision on it."""
    match decision:
        case Verify():
            return CodeResult.RIGHT
        case CountWrongCode() | Exhaust():
            return CodeResult.WRONG
        case _:
            return CodeResult.UNCHECKED


def _kept(text: str | None, known: KnownSecrets) -> str | None:
    return storable(text, known=known, limit=MAX_MESSAGE) if text else None
