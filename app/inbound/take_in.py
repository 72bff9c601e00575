"""Take in the body of a signed webhook, part by part, and take in again what was kept."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.database import Sessions
from app.core.database_errors import DATABASE_ERRORS, fault_of
from app.core.encryption import Vault
from app.customers.identify import move_identity
from app.customers.identity import IdentityChange
from app.fraud.answer_limits import AnswerLimits
from app.fraud.intake import CustomerMessage, receive
from app.inbound.envelope import Part, read_parts
from app.inbound.models import QuarantinedPart
from app.inbound.quarantine import quarantine
from app.outbound.decisions import OutboundRules
from app.outbound.statuses import apply_status

log = structlog.get_logger(__name__)

UNEXPECTED = "It could not be processed, by an error of ours; the log says which."


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbound:
    """What taking in works with: database, keys, time, the rules of delivery statuses.

    `verification_lifetime` is the age at which a verification expires.
    """

    sessions: Sessions
    vault: Vault
    clock: Callable[[], datetime]
    rules: OutboundRules
    limits: AnswerLimits
    quarantine_days: int
    verification_lifetime: timedelta


@dataclass(frozen=True, slots=True)
class TakenIn:
    """Counts of parts: used ones, and those that are kept because they could not be used."""

    used: int
    kept: int


def take_in(inbound: Inbound, body: bytes) -> TakenIn:
    """Take in each part of `body` in a transaction of its own; keep what can't be used.

    What was taken in before is recognised and left alone. Raises MalformedJson or
    InvalidInput if `body` is not a webhook of a WhatsApp account. The error of a database
    that is away or busy is raised too, so that the provider sends the body again.
    """
    used = [_take_in_part(inbound, part) for part in read_parts(body)]
    return TakenIn(used=sum(used), kept=len(used) - sum(used))


def take_in_again(inbound: Inbound, *, kind: str | None = None) -> TakenIn:
    """Take in what was kept, by `kind` or all of it; forget what this release can use."""
    used = [_take_in_kept(inbound, part_id) for part_id in _kept_ids(inbound, kind)]
    return TakenIn(used=sum(used), kept=len(used) - sum(used))


def _take_in_part(inbound: Inbound, part: Part) -> bool:
    """Use `part`, or keep it; tell whether it was used."""

    def use(session: Session) -> bool:
        if part.fault is not None:
            _keep(session, inbound, part, part.fault)
        return _use(session, inbound, part)

    used = _unless_ours(inbound, use, kind=part.kind)
    if used is None:
        with inbound.sessions.begin() as session:
            _keep(session, inbound, part, UNEXPECTED)
    return bool(used)


def _take_in_kept(inbound: Inbound, part_id: int) -> bool:
    """Use one kept part and forget it, in one transaction; False if it can't be used yet."""

    def use(session: Session) -> bool:
        row = session.get(QuarantinedPart, part_id, with_for_update=True)
        if row is None:
            return False
        parts = read_parts(inbound.vault.decrypt(row.body_encrypted).encode())
        if any(part.fault is not None for part in parts):
            return False
        session.delete(row)
        used = [_use(session, inbound, part) for part in parts]
        return all(used)

    return bool(_unless_ours(inbound, use, kind="kept"))


def _unless_ours(inbound: Inbound, use: Callable[[Session], bool], *, kind: str) -> bool | None:
    """Return what `use` returns in a transaction of its own; None, and a log line, if it raises.

    This is the boundary around one part of a webhook: an error in it costs no other part.
    A database that is away or busy is no fault of the part, and is raised.
    """
    try:
        with inbound.sessions.begin() as session:
            return use(session)
    except Exception as error:
        if isinstance(error, DATABASE_ERRORS) and fault_of(error).may_pass:
            raise
        log.exception("webhook_part_failed", kind=kind)
        return None


def _use(session: Session, inbound: Inbound, part: Part) -> bool:
    """Do what `part` asks for; False if it has no meaning that we know."""
    match part.content:
        case None:
            return False
        case CustomerMessage() as message:
            decision = receive(
                session,
                message,
                vault=inbound.vault,
                now=inbound.clock(),
                lifetime=inbound.verification_lifetime,
                limits=inbound.limits,
            )
            result = "Duplicate" if decision is None else type(decision).__name__
        case IdentityChange(old=old, new=new):
            move_identity(session, old, new, vault=inbound.vault)
            result = "Moved"
        case report:
            changed = apply_status(session, report, inbound.rules, vault=inbound.vault)
            result = "Changed" if changed else "Ignored"
    log.info("webhook_part_taken_in", kind=part.kind, result=result)
    return True


def _keep(session: Session, inbound: Inbound, part: Part, fault: str) -> None:
    until = inbound.clock() + timedelta(days=inbound.quarantine_days)
    if quarantine(session, part, fault, vault=inbound.vault, until=until):
        log.warning("webhook_part_kept", kind=part.kind, fault=fault)


def _kept_ids(inbound: Inbound, kind: str | None) -> Sequence[int]:
    query = select(QuarantinedPart.id).order_by(QuarantinedPart.id)
    if kind is not None:
        query = query.where(QuarantinedPart.kind == kind)
    with inbound.sessions.begin() as session:
        return session.scalars(query).all()
