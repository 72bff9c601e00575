"""Create outbound jobs, in the caller's transaction."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.core.encryption import Vault
from app.core.errors import Conflict, InvalidInput
from app.customers.identify import KnownCustomer, identify
from app.customers.parse import parse_identity
from app.outbound.messages import Message, checked, dump, kind_of
from app.outbound.models import OutboundHistory, OutboundJob, OutboundKind, OutboundStatus

MAX_KEY = 200
"""The most characters of an idempotency key."""


@dataclass(frozen=True, slots=True)
class Enqueued:
    """A job. `is_new` is False if an earlier call with this idempotency key created it."""

    job_id: int
    is_new: bool


def submit(  # noqa: PLR0913 - each is a field of the request
    session: Session,
    *,
    recipient: str,
    message: Message,
    actor: str,
    vault: Vault,
    idempotency_key: str | None = None,
) -> Enqueued:
    """Create a job for `actor`, with a history entry.

    A repeated key with the same content returns the first job. Raises InvalidInput for a
    recipient or message that can't be sent, and Conflict for a key with other content.
    """
    check_key(idempotency_key)
    to = identify(
        session, parse_identity(recipient, field="recipient"), vault=vault, is_providers_form=False
    )
    enqueued = enqueue(session, message, to=to, vault=vault, idempotency_key=idempotency_key)
    if enqueued.is_new:
        session.add(
            OutboundHistory(
                job_id=enqueued.job_id,
                actor=actor,
                action="create",
                from_status="none",
                to_status=OutboundStatus.QUEUED,
            )
        )
    return enqueued


def enqueue(  # noqa: PLR0913 - optional arguments by keyword
    session: Session,
    message: Message,
    *,
    to: KnownCustomer,
    vault: Vault,
    subject_ref: str | None = None,
    idempotency_key: str | None = None,
) -> Enqueued:
    """Create a job with `message`, due now. Its text is encrypted before it is written."""
    kept = dump(checked(message))
    job_id = _insert(
        session,
        kind_of(message),
        to=to,
        text_encrypted=vault.encrypt(kept),
        subject_ref=subject_ref,
        idempotency_key=idempotency_key,
    )
    if job_id is not None:
        return Enqueued(job_id, is_new=True)
    existing = _same_job(session, idempotency_key, kind_of(message), to, kept, vault)
    return Enqueued(existing, is_new=False)


def enqueue_otp(session: Session, *, to: KnownCustomer, subject_ref: str) -> Enqueued:
    """Create a job that sends a one-time code. The code is created when the job is sent."""
    job_id = _insert(session, OutboundKind.OTP, to=to, subject_ref=subject_ref)
    if job_id is None:
        raise AssertionError("An insert without an idempotency key can't meet a conflict.")
    return Enqueued(job_id, is_new=True)


def _insert(
    session: Session, kind: OutboundKind, *, to: KnownCustomer, **columns: str | None
) -> int | None:
    return session.scalar(
        insert(OutboundJob)
        .values(
            kind=kind,
            customer_id=to.id,
            **columns,
        )
        .on_conflict_do_nothing(index_elements=["idempotency_key"])
        .returning(OutboundJob.id)
    )


def _same_job(  # noqa: PLR0913, PLR0917 - what makes two requests the same
    session: Session,
    key: str | None,
    kind: OutboundKind,
    to: KnownCustomer,
    text: str,
    vault: Vault,
) -> int:
    job = session.scalars(select(OutboundJob).where(OutboundJob.idempotency_key == key)).one()
    same_target = job.kind == kind and job.customer_id == to.id
    if not same_target or job.text_encrypted is None or vault.decrypt(job.text_encrypted) != text:
        raise Conflict(
            f"This idempotency key already belongs to outbound job {job.id} with other "
            "content; use a new key."
        )
    return job.id


def check_key(key: str | None) -> None:
    """Raise InvalidInput for an idempotency key that is empty, too long or not printable."""
    if key is not None and not (0 < len(key) <= MAX_KEY and key.isascii() and key.isprintable()):
        raise InvalidInput(
            f"An idempotency key has 1 to {MAX_KEY} printable ASCII characters.",
            field="idempotency_key",
        )
