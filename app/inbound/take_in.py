"""Process the parts of a signed webhook, and process quarantined parts again."""

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
from app.fraud.customer_messages import CustomerMessage
from app.fraud.intake import receive
from app.inbound.acceptance import TOO_OLD, Acceptance
from app.inbound.envelope import Part, read_parts
from app.inbound.models import QuarantinedPart
from app.inbound.quarantine import quarantine
from app.outbound.decisions import OutboundRules
from app.outbound.statuses import apply_status

log = structlog.get_logger(__name__)

UNEXPECTED = "An internal error stopped its processing; the log has the details."


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbound:
    """What processing a webhook needs: database, keys, clock and rules.

    `verification_lifetime` is the age at which a verification expires.
    """

    sessions: Sessions
    vault: Vault
    clock: Callable[[], datetime]
    rules: OutboundRules
    limits: AnswerLimits
    acceptance: Acceptance
    quarantine_days: int
    verification_lifetime: timedelta


@dataclass(frozen=True, slots=True)
class TakenIn:
    """Counts of parts: the used ones, and those in quarantine."""

    used: int
    kept: int


def take_in(inbound: Inbound, body: bytes) -> TakenIn:
    """Process each part of `body` in its own transaction; quarantine parts that can't be used.

    A part that was processed before changes nothing. Raises MalformedJson or InvalidInput if
    `body` is not a webhook of a WhatsApp account. An error of a database that is away or busy
    is raised too, so that the provider sends the body again.
    """
    used = [_take_in_part(inbound, part) for part in read_parts(body)]
    return TakenIn(used=sum(used), kept=len(used) - sum(used))


def take_in_again(inbound: Inbound, *, kind: str | None = None) -> TakenIn:
    """Process all quarantined parts, or those of one `kind`; delete those that could be used."""
    used = [_take_in_kept(inbound, part_id) for part_id in _kept_ids(inbound, kind)]
    return TakenIn(used=sum(used), kept=len(used) - sum(used))


def _take_in_part(inbound: Inbound, part: Part) -> bool:
    """Use or quarantine `part`; tell whether it was used."""

    def use(session: Session) -> bool:
        refusal = inbound.acceptance.refusal_of(part, arrived_at=inbound.clock())
        if fault := refusal or part.fault:
            _keep(session, inbound, part, fault)
        return refusal is None and _use(session, inbound, part)

    used = _unless_ours(inbound, use, kind=part.kind)
    if used is None:
        with inbound.sessions.begin() as session:
            _keep(session, inbound, part, UNEXPECTED)
    return bool(used)


def _take_in_kept(inbound: Inbound, part_id: int) -> bool:
    """Use and delete one quarantined part in one transaction; False if it can't be used yet."""

    def use(session: Session) -> bool:
        row = session.get(QuarantinedPart, part_id, with_for_update=True)
        if row is None or row.fault == TOO_OLD:
            return False
        parts = read_parts(inbound.vault.decrypt(row.body_encrypted).encode())
        if any(part.fault or inbound.acceptance.is_foreign(part) for part in parts):
            return False
        session.delete(row)
        used = [_use(session, inbound, part) for part in parts]
        return all(used)

    return bool(_unless_ours(inbound, use, kind="kept"))


def _unless_ours(inbound: Inbound, use: Callable[[Session], bool], *, kind: str) -> bool | None:
    """Run `use` in its own transaction and return its result. If it raises, log and return None.

    A database that is away or busy is not a fault of the part, so its error is raised.
    """
    try:
        with inbound.sessions.begin() as session:
            return use(session)
    except Exception as error:  # boundary: an error in one part must not stop the other parts
        if isinstance(error, DATABASE_ERRORS) and fault_of(error).may_pass:
            raise
        log.exception("webhook_part_failed", kind=kind)
        return None


def _use(session: Session, inbound: Inbound, part: Part) -> bool:
    """Act on the content of `part`; False if it has none."""
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
