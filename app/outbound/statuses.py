"""Process the delivery statuses of messages."""

import re
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.encryption import Vault
from app.customers.identify import learn
from app.customers.identity import Identity
from app.outbound.decisions import Advance, FailAttempt, Ignore, OutboundRules, on_status
from app.outbound.models import AttemptOutcome, OutboundAttempt, OutboundJob, OutboundStatus
from app.outbound.outcomes import Refused
from app.outbound.reasons import reason_of
from app.outbound.record_outcomes import fail_attempt, finish_sent
from app.outbound.turns import release

_TRACKER = re.compile(r"(\d{1,18})(?::(\d{1,18}))?")
REPORTED = {
    "sent": OutboundStatus.SENT,
    "delivered": OutboundStatus.DELIVERED,
    "read": OutboundStatus.READ,
    "played": OutboundStatus.READ,
    "failed": OutboundStatus.FAILED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusReport:
    """One delivery status of a message. `tracker` is the value that was sent with the message.

    `recipient` is the identity of the recipient, if the provider names it.
    """

    provider_message_id: str = field(repr=False)
    status: str
    tracker: str | None = None
    error_code: int | None = None
    error_detail: str = ""
    recipient: Identity | None = None


def apply_status(
    session: Session, report: StatusReport, rules: OutboundRules, *, vault: Vault
) -> bool:
    """Write the effect of a status in the caller's transaction; tell whether anything changed.

    Reports may be repeated, in any order, earlier than the provider's answer, and about messages
    of other senders. The identity in a report is stored first, because customers are locked
    before jobs.
    """
    if report.recipient is not None:
        learn(session, report.recipient, vault=vault)
    fingerprint = vault.fingerprint("message", report.provider_message_id)
    reported = REPORTED.get(report.status)
    found = _find(session, report, fingerprint) if reported else None
    if reported is None or found is None:
        return False
    job, attempt = found
    outcome = AttemptOutcome(attempt.outcome) if attempt.outcome else None
    change = on_status(reported, job=OutboundStatus(job.status), attempt=outcome)
    match change:
        case Advance(to=status):
            finish_sent(session, job, attempt, fingerprint, status)
        case FailAttempt():
            attempt.message_fingerprint = fingerprint
            fail_attempt(session, job, attempt, _failure(report), rules)
        case Ignore():
            pass
    if job.status != OutboundStatus.QUEUED:
        release(session, [job.id])
    return not isinstance(change, Ignore)


def _find(
    session: Session, report: StatusReport, fingerprint: str
) -> tuple[OutboundJob, OutboundAttempt] | None:
    """Lock the job of the report and return it with its attempt; None if there is none."""
    attempt_id = session.scalar(
        select(OutboundAttempt.id).where(OutboundAttempt.message_fingerprint == fingerprint)
    ) or _tracked(session, report.tracker or "")
    if attempt_id is None:
        return None
    attempt = session.get_one(OutboundAttempt, attempt_id)
    job = session.get_one(OutboundJob, attempt.job_id, with_for_update=True)
    session.refresh(attempt)
    is_other = attempt.message_fingerprint not in {None, fingerprint}
    return None if is_other else (job, attempt)


def _tracked(session: Session, tracker: str) -> int | None:
    """Return the id of the attempt in a tracker: `job:attempt`, or `job` for its newest."""
    match = _TRACKER.fullmatch(tracker)
    if match is None:
        return None
    query = select(OutboundAttempt.id).where(OutboundAttempt.job_id == int(match[1]))
    if match[2]:
        query = query.where(OutboundAttempt.id == int(match[2]))
    return session.scalar(query.order_by(OutboundAttempt.id.desc()).limit(1))


def _failure(report: StatusReport) -> Refused:
    code = report.error_code
    if code is None:
        return Refused("WhatsApp could not deliver the message and gave no reason.")
    return Refused(reason_of(code, report.error_detail), code)
