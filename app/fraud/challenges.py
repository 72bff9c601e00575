"""The codes of a verification: their state, and the creation of the next one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.clock import Clock
from app.core.encryption import Vault
from app.core.redaction import KnownSecrets
from app.customers.identity import Identity
from app.fraud.conversation import CodeState
from app.fraud.models import OtpChallenge, VerificationJob, VerificationStatus
from app.fraud.otp import LIFETIME, HashedCode, expires_at, hash_code, is_right, make_code
from app.fraud.phrases import Language
from app.fraud.replies import render_code
from app.outbound.claim_jobs import Composer, JobToCompose
from app.outbound.messages import Text
from app.outbound.models import OutboundJob, OutboundKind

MAX_COMPARED = 100
"""An entered code is compared with at most this many codes, the newest first."""
MAX_VERIFICATIONS = 3
"""A text of a customer must not hold a code of their last verifications, this many."""


@dataclass(frozen=True, slots=True)
class Codes:
    """Codes that were sent, newest first, at the moment `now`.

    If the provider does not answer, the send is repeated with a second code, but the first
    may have arrived too. So every code that has not expired is accepted.
    """

    challenges: Sequence[OtpChallenge]
    vault: Vault
    now: datetime

    def state_for(self, entered: str | None) -> CodeState:
        """Return the state of the entered code; if it matches none, the best state of all codes."""
        if not self.challenges:
            return CodeState.NOT_SENT
        matching = self._matching(entered)
        candidates = [matching] if matching else self.challenges
        is_live = any(self._is_live(each) for each in candidates)
        return CodeState.LIVE if is_live else CodeState.EXPIRED

    def is_right(self, entered: str) -> bool:
        """Tell whether `entered` is a code that has not expired."""
        return self.accepted(entered) is not None

    def is_known(self, digits: str) -> bool:
        """Tell whether `digits` are one of these codes, expired or not."""
        return self._matching(digits) is not None

    def accepted(self, entered: str) -> OtpChallenge | None:
        """Return the challenge with this code if it has not expired, otherwise None."""
        matching = self._matching(entered)
        return matching if matching and self._is_live(matching) else None

    def _matching(self, entered: str | None) -> OtpChallenge | None:
        """Return the newest challenge with this code. Compares all of them, in constant time."""
        if entered is None:
            return None
        matches = [each for each in self.challenges if self._is_code_of(each, entered)]
        return matches[0] if matches else None

    def _is_code_of(self, challenge: OtpChallenge, entered: str) -> bool:
        return is_right(
            entered,
            HashedCode(challenge.salt, challenge.code_hash),
            verification_id=challenge.verification_job_id,
            vault=self.vault,
        )

    def _is_live(self, challenge: OtpChallenge) -> bool:
        return challenge.expires_at > self.now


def codes_of(
    session: Session, verification: VerificationJob | None, *, vault: Vault, now: datetime
) -> Codes:
    """Return the unused codes of a verification; no codes without a verification."""
    if verification is None:
        return Codes((), vault, now)
    challenges = session.scalars(
        select(OtpChallenge)
        .where(OtpChallenge.verification_job_id == verification.id, OtpChallenge.used_at.is_(None))
        .order_by(OtpChallenge.id.desc())
        .limit(MAX_COMPARED)
    )
    return Codes(challenges.all(), vault, now)


def codes_sent_to(session: Session, customer_id: int, *, vault: Vault, now: datetime) -> Codes:
    """Return the codes of a customer's last verifications, used and expired ones too."""
    verifications = (
        select(VerificationJob.id)
        .where(VerificationJob.customer_id == customer_id)
        .order_by(VerificationJob.id.desc())
        .limit(MAX_VERIFICATIONS)
    )
    challenges = session.scalars(
        select(OtpChallenge)
        .where(OtpChallenge.verification_job_id.in_(verifications))
        .order_by(OtpChallenge.id.desc())
        .limit(MAX_COMPARED)
    )
    return Codes(challenges.all(), vault, now)


def known_secrets(
    session: Session, sender: Identity, customer_id: int, *, vault: Vault, now: datetime
) -> KnownSecrets:
    """Return what a text of a customer must not hold. Codes are read when six digits need them."""

    @cache
    def sent() -> Codes:
        return codes_sent_to(session, customer_id, vault=vault, now=now)

    numbers = [part for part in (sender.number, sender.user_id) if part]
    return KnownSecrets(own_numbers=numbers, is_code=lambda digits: sent().is_known(digits))


def otp_composer(vault: Vault, clock: Clock) -> Composer:
    """Return the composer of `otp` jobs. It creates a code, stores its hash and returns the text.

    The code exists only in the returned message. The job is cancelled if its verification is
    closed, or if a later job sends a newer code for the same verification.
    """

    def compose(session: Session, job: JobToCompose) -> Text | None:
        verification = _awaiting(session, job)
        if verification is None or _is_superseded(session, job):
            return None
        code = make_code()
        kept = hash_code(code, verification_id=verification.id, vault=vault)
        session.add(
            OtpChallenge(
                verification_job_id=verification.id,
                salt=kept.salt,
                code_hash=kept.code_hash,
                expires_at=expires_at(clock()),
            )
        )
        minutes = int(LIFETIME.total_seconds() // 60)
        return Text(render_code(code, Language(verification.language), minutes=minutes))

    return compose


def _awaiting(session: Session, job: JobToCompose) -> VerificationJob | None:
    verification_id = int((job.subject_ref or "").removeprefix("verification:"))
    verification = session.get(VerificationJob, verification_id)
    is_open = verification and verification.status == VerificationStatus.AWAITING
    return verification if is_open else None


def _is_superseded(session: Session, job: JobToCompose) -> bool:
    newer = select(OutboundJob.id).where(
        OutboundJob.subject_ref == job.subject_ref,
        OutboundJob.kind == OutboundKind.OTP,
        OutboundJob.id > job.id,
    )
    return session.scalar(newer.limit(1)) is not None
