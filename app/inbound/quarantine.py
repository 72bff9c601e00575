"""Store webhook parts that can't be used: encrypted, for a limited time, with one item per kind."""

from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.core.encryption import Vault
from app.inbound.envelope import Part
from app.inbound.models import QuarantinedPart
from app.outbox.events import WebhookPartQuarantined
from app.outbox.record import record_event

DISCARD_LIMIT = 1_000
"""The most rows that one call deletes."""


def quarantine(session: Session, part: Part, fault: str, *, vault: Vault, until: datetime) -> bool:
    """Store `part` until `until` and record an event; False if it is stored already."""
    row = (
        insert(QuarantinedPart)
        .values(
            kind=part.kind,
            fault=fault,
            body_encrypted=vault.encrypt(part.body.decode()),
            fingerprint=vault.fingerprint("webhook-part", part.body.decode()),
            expires_at=until,
        )
        .on_conflict_do_nothing(index_elements=["fingerprint"])
        .returning(QuarantinedPart.id)
    )
    part_id = session.scalar(row)
    if part_id is None:
        return False
    event = WebhookPartQuarantined(
        part_id=part_id, kind=part.kind, fault=fault, kept_until=until.date()
    )
    record_event(session, event)
    return True


def discard_expired(session: Session, *, now: datetime) -> int:
    """Delete up to DISCARD_LIMIT expired parts; return how many."""
    expired = (
        select(QuarantinedPart.id).where(QuarantinedPart.expires_at <= now).limit(DISCARD_LIMIT)
    )
    gone = delete(QuarantinedPart).where(QuarantinedPart.id.in_(expired))
    return len(session.scalars(gone.returning(QuarantinedPart.id)).all())


def count_by_kind(session: Session) -> dict[str, int]:
    """Return the number of stored parts of each kind."""
    rows = session.execute(
        select(QuarantinedPart.kind, func.count()).group_by(QuarantinedPart.kind)
    )
    return dict(iter(rows))
