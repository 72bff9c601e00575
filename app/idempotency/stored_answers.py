"""Store the answer of a call under its idempotency key, and find it for a repeat.

The semantics are those of the IETF draft "The Idempotency-Key HTTP Header Field".
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.core.encryption import Vault
from app.core.errors import Conflict, InvalidInput
from app.core.views import view_of
from app.idempotency.models import StoredAnswer

KEPT = timedelta(hours=24)
"""How long an answer is stored."""

MAX_KEY = 200
"""The most characters of an idempotency key."""

DISCARD_LIMIT = 5_000
"""How many answers one call of `discard_expired_answers` deletes at most."""


@dataclass(frozen=True, slots=True)
class Call:
    """A request with an idempotency key. It holds keyed hashes, so the key is in no log."""

    key_hash: str
    request_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The status and the encrypted JSON body of an answer."""

    status: int
    body: str


def call_of(vault: Vault, *, actor: str, key: str, request: str) -> Call:
    """Return the call of `actor` with `key`. Two actors may use the same key.

    `request` is everything that makes two requests the same. Raises InvalidInput for a key that
    is empty, too long or not plain text.
    """
    if not (0 < len(key) <= MAX_KEY and key.isascii() and key.isprintable()):
        raise InvalidInput(
            f"An idempotency key has 1 to {MAX_KEY} printable ASCII characters.",
            field="Idempotency-Key",
        )
    return Call(
        vault.fingerprint("idempotency-key", f"{actor}\n{key}"),
        vault.fingerprint("idempotent-request", request),
    )


def find_answer(session: Session, call: Call, *, now: datetime) -> Answer | None:
    """Return the stored answer of `call`, or None if the call is new.

    The key is reserved until the end of the transaction. Raises Conflict if another request
    with the same key is in progress, and InvalidInput if the key belongs to another request.
    """
    lock = int.from_bytes(bytes.fromhex(call.key_hash[:16]), signed=True)
    if not session.scalar(select(func.pg_try_advisory_xact_lock(lock))):
        raise Conflict(
            "A request with this idempotency key is in progress; send it again in a moment."
        )
    row = session.get(StoredAnswer, call.key_hash)
    if row is None or row.expires_at <= now:
        return None
    if row.request_hash != call.request_hash:
        raise InvalidInput(
            "This idempotency key belongs to another request; use a new key.",
            field="Idempotency-Key",
        )
    return view_of(Answer, row)


def store_answer(session: Session, call: Call, answer: Answer, *, now: datetime) -> None:
    """Store `answer` for KEPT, in the transaction of the change that it reports."""
    columns = {
        "request_hash": call.request_hash,
        "status": answer.status,
        "body": answer.body,
        "expires_at": now + KEPT,
    }
    session.execute(
        insert(StoredAnswer)
        .values(key_hash=call.key_hash, **columns)
        .on_conflict_do_update(index_elements=["key_hash"], set_=columns)
    )


def discard_expired_answers(session: Session, *, now: datetime) -> int:
    """Delete up to DISCARD_LIMIT expired answers; return how many."""
    expired = select(StoredAnswer.key_hash).where(StoredAnswer.expires_at <= now)
    gone = delete(StoredAnswer).where(StoredAnswer.key_hash.in_(expired.limit(DISCARD_LIMIT)))
    return len(session.scalars(gone.returning(StoredAnswer.key_hash)).all())
