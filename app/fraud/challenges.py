"""Codes of a verification: how the newest stands, and the making of the next one."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.clock import Clock
from app.core.encryption import Vault
from app.fraud.conversation import CodeState
from app.fraud.models import OtpChallenge, VerificationJob, VerificationStatus
from app.fraud.otp import LIFETIME, KeptCode, expires_at, is_right, keep, make_code
from app.fraud.phrases import Language
from app.fraud.replies import render_code
from app.outbound.claim import Composer, JobToCompose
from app.outbound.messages import Text
from app.outbound.models import OutboundJob, OutboundKind


def newest_challenge(session: Session, verification_id: int) -> OtpChallenge | None:
    """Return the code that counts, or None if none was sent yet."""
    return session.scalar(
        select(OtpChallenge)
        .where(OtpChallenge.verification_job_id == verification_id)
        .order_by(OtpChallenge.id.desc())
        .limit(1)
    )


def state_of(challenge: OtpChallenge | None, *, now: datetime) -> CodeState:
    """Return what may be said of a code at the moment `now`."""
    if challenge is None:
        return CodeState.NOT_SENT
    spent = challenge.used_at is not None or challenge.expires_at <= now
    return CodeState.EXPIRED if spent else CodeState.LIVE


def judge_of(challenge: OtpChallenge | None, vault: Vault) -> Callable[[str], bool]:
    """Return the function that compares digits with the code of `challenge`."""

    def judge(digits: str) -> bool:
        return challenge is not None and is_right(
            digits,
            KeptCode(challenge.salt, challenge.code_hash),
            verification_id=challenge.verification_job_id,
            vault=vault,
        )

    return judge


def otp_composer(vault: Vault, clock: Clock) -> Composer:
    """Return the composer of `otp` jobs: it makes a code, keeps its hash, returns the words.

    The code exists in the returned message and nowhere else. The job is withdrawn if its
    verification is closed, or if a later job sends that verification a newer code.
    """

    def compose(session: Session, job: JobToCompose) -> Text | None:
        verification = _awaiting(session, job)
        if verification is None or _is_superseded(session, job):
            return None
        code = make_code()
        kept = keep(code, verification_id=verification.id, vault=vault)
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
