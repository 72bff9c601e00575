"""Process one message of a customer: decide, then write the decision."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import func
from sqlalchemy.orm import Session

from app.core.encryption import Vault
from app.core.redaction import KnownSecrets
from app.customers.identify import KnownCustomer, identify
from app.fraud.answer_limits import Answering, AnswerLimits
from app.fraud.cases import add_message, case_for_message, open_case
from app.fraud.challenges import Codes, codes_of, known_secrets
from app.fraud.conversation import CodeState, decide_reply, language_of
from app.fraud.conversation_state import read_conversation_state, read_guesses
from app.fraud.customer_messages import CustomerMessage, keep_code, keep_message
from app.fraud.decisions import (
    AddToCase,
    AddToReport,
    Answer,
    Begin,
    Cancel,
    ConversationDecision,
    CountWrongCode,
    Exhaust,
    NoteDeletion,
    Reply,
    Rest,
    SendAgain,
    Silence,
    Verify,
)
from app.fraud.expiry import VERIFICATION_LIFETIME, expire_or_lock_open
from app.fraud.models import FraudCase, VerificationJob, VerificationStatus
from app.fraud.otp import SEND_WINDOW
from app.fraud.phrases import (
    Code,
    Deletion,
    Echo,
    Language,
    MistypedCode,
    Said,
    Unsupported,
    understand,
)
from app.fraud.replies import is_ours, render
from app.fraud.storable import MAX_MESSAGE, MAX_REPORT, storable
from app.outbound.enqueue import enqueue, enqueue_otp
from app.outbound.messages import Text
from app.outbox.events import UnverifiedAnswersLimited, WrongCodesLimited
from app.outbox.record import record_event

log = structlog.get_logger(__name__)

DELETION = "(The customer deleted a message.)"
EDIT = "(The customer edited a message.)"


def receive(  # noqa: PLR0913 - each is a keyword argument
    session: Session,
    message: CustomerMessage,
    *,
    vault: Vault,
    now: datetime,
    limits: AnswerLimits,
    lifetime: timedelta = VERIFICATION_LIFETIME,
) -> ConversationDecision | None:
    """Process a message in the caller's transaction; return the decision.

    Concurrent messages of one customer wait for each other. A message that was processed before
    changes nothing, and the result is None. The case and its event are written in the same
    transaction. A verification older than `lifetime` expires first. `limits` hold back only
    answers, not the changes.
    """
    customer = identify(session, message.sender, vault=vault)
    said = _said(message)
    known = known_secrets(session, message.sender, customer.id, vault=vault, now=now)
    message_id = keep_message(session, message, said, known, customer_id=customer.id, vault=vault)
    if message_id is None:
        return None
    verification = expire_or_lock_open(session, customer.id, lifetime=lifetime)
    codes = codes_of(session, verification, vault=vault, now=now)
    code = codes.state_for(_entered(said))
    is_guess = isinstance(said, Code) and code is CodeState.LIVE
    rest = _rest_of(session, customer.id, limits) if is_guess else timedelta()
    state = read_conversation_state(
        session, customer.id, verification, code, message_id=message_id, rest=rest
    )
    decision = decide_reply(said, state, is_right=codes.is_right, is_edit=message.is_edit)
    if isinstance(said, Code | MistypedCode):
        keep_code(session, message_id, message, decision, known)
    answering = limits.answering_of(decision, state)
    intake = _Intake(
        session, known, customer, vault, now, verification, codes, answering, _noted(message)
    )
    intake.write(decision, said, language_of(said, state))
    return decision


def _said(message: CustomerMessage) -> Said:
    if message.kind == "revoke":
        return Deletion()
    if message.text and is_ours(message.text):
        return Echo()
    said = understand(message.text)
    if isinstance(said, Unsupported):
        log.info("inbound_kind_unsupported", kind=message.kind)
    return said


def _rest_of(session: Session, customer_id: int, limits: AnswerLimits) -> timedelta:
    """Return the rest of a customer; announce that all customers have used up the day's guesses."""
    guesses = read_guesses(session, customer_id, up_to=limits.wrong_codes_per_day)
    if guesses.of_all >= limits.wrong_codes_per_day:
        record_event(session, WrongCodesLimited(day=guesses.now.date().isoformat()))
    return guesses.rest(limits.wrong_codes_per_day)


def _noted(message: CustomerMessage) -> str:
    """Return the text to add to a case, marked if it is an edit."""
    return "\n".join(part for part in (EDIT if message.is_edit else "", message.text) if part)


def _entered(said: Said) -> str | None:
    return said.digits if isinstance(said, Code) else None


@dataclass(frozen=True, slots=True)
class _Intake:
    """Writes the decision on one message."""

    session: Session
    known: KnownSecrets
    customer: KnownCustomer
    vault: Vault
    now: datetime
    verification: VerificationJob | None
    codes: Codes
    answering: Answering
    text: str

    def write(self, decision: ConversationDecision, said: Said, language: Language) -> None:
        if self.answering is Answering.LIMITED:
            hour = self.now.replace(minute=0, second=0, microsecond=0).isoformat()
            record_event(self.session, UnverifiedAnswersLimited(hour=hour))
        match decision:
            case Begin(report=report):
                self._send_code(self._begin(report, language))
            case Answer(reply=reply):
                minutes = int(SEND_WINDOW.total_seconds() // 60)
                self._say(reply, language, minutes=minutes)
            case AddToCase():
                self._add_to_case(language)
            case NoteDeletion() if self.verification is None:
                self._note_on_case(DELETION)
            case Silence():
                log.warning("inbound_unanswered", sender=self.customer.masked)
            case Verify() if self.verification is not None and isinstance(said, Code):
                self._use_up(said.digits)
                self._verify(self.verification, language)
            case _ if self.verification is not None:
                self._write_to(self.verification, decision, language)

    def _write_to(
        self, verification: VerificationJob, decision: ConversationDecision, language: Language
    ) -> None:
        match decision:
            case SendAgain(report=report):
                self._add(verification, report)
                self._send_code(verification)
            case NoteDeletion():
                self._add(verification, DELETION)
            case AddToReport(report=report):
                self._add(verification, report)
                self._say(Reply.REPORT_NOTED, language)
            case Rest(minutes=minutes):
                self._say(Reply.RESTING, language, minutes=minutes)
            case CountWrongCode(left=left):
                verification.failed_tries += 1
                self._say(Reply.WRONG_CODE, language, left=left)
            case Exhaust():
                verification.failed_tries += 1
                self._close(verification, VerificationStatus.EXHAUSTED)
                self._say(Reply.EXHAUSTED, language)
            case Cancel():
                self._close(verification, VerificationStatus.CANCELLED)
                self._say(Reply.CANCELLED, language)

    def _begin(self, report: str, language: Language) -> VerificationJob:
        verification = VerificationJob(
            customer_id=self.customer.id, language=language, report=self._storable(report)
        )
        self.session.add(verification)
        self.session.flush()
        return verification

    def _send_code(self, verification: VerificationJob) -> None:
        if self.answering is Answering.CODES_USED_UP:
            self._say(Reply.CODES_USED_UP, Language(verification.language))
        elif self.answering is not Answering.LIMITED:
            subject_ref = f"verification:{verification.id}"
            enqueue_otp(self.session, to=self.customer, subject_ref=subject_ref)

    def _use_up(self, entered: str) -> None:
        challenge = self.codes.accepted(entered)
        if challenge is not None:
            challenge.used_at = self.now

    def _verify(self, verification: VerificationJob, language: Language) -> None:
        self._close(verification, VerificationStatus.VERIFIED)
        case = open_case(self.session, verification)
        self._say(Reply.VERIFIED, language, subject_ref=f"case:{case.id}", case_id=case.id)

    def _add_to_case(self, language: Language) -> None:
        case = self._note_on_case(self.text)
        if case is not None:
            self._say(Reply.ADDED_TO_CASE, language, f"case:{case.id}", case_id=case.id)

    def _note_on_case(self, text: str) -> FraudCase | None:
        case = case_for_message(self.session, self.customer.id)
        if case is not None:
            add_message(self.session, case, self._storable(text, limit=MAX_MESSAGE))
        return case

    def _add(self, verification: VerificationJob, report: str | None) -> None:
        if report:
            verification.report = self._storable(f"{verification.report}\n{report}")

    def _storable(self, text: str, *, limit: int = MAX_REPORT) -> str:
        return storable(text, known=self.known, limit=limit)

    def _close(self, verification: VerificationJob, status: VerificationStatus) -> None:
        verification.status = status
        verification.closed_at = func.now()

    def _say(
        self, reply: Reply, language: Language, subject_ref: str | None = None, **fields: int
    ) -> None:
        if self.answering in {Answering.FLOODED, Answering.LIMITED}:
            log.warning("inbound_unanswered", sender=self.customer.masked, why=self.answering)
            return
        if subject_ref is None and self.verification is not None:
            subject_ref = f"verification:{self.verification.id}"
        text = Text(render(reply, language, **fields))
        enqueue(self.session, text, to=self.customer, vault=self.vault, subject_ref=subject_ref)
