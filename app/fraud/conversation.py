"""The conversation that turns a report into a verified case. Pure: it decides, others write.

::

    nothing open ──report──► awaiting ──right code──► verified, a case is opened
                              │  │ └──── fifth wrong code ──► exhausted
                              │  ├────── CANCEL ────────────► cancelled
                              │  └────── 24 hours ──────────► expired
                              └─ RESEND, report: stays awaiting

A wrong code is counted across resends. An expired code, a mistyped one and one that was
not sent yet cost no try, because they tell a guesser nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from app.fraud.phrases import (
    Code,
    Command,
    Deletion,
    Echo,
    Language,
    MistypedCode,
    Report,
    Request,
    Said,
    SmallTalk,
    Unsupported,
)

MAX_TRIES = 5
MAX_SENDS = 3


class CodeState(StrEnum):
    """What may be said of the code that was entered, else of the codes of a verification."""

    NOT_SENT = "not_sent"
    LIVE = "live"
    EXPIRED = "expired"


class Reply(StrEnum):
    """What the customer is told; the words are in `app.fraud.replies`."""

    WELCOME = "welcome"
    UNSUPPORTED = "unsupported"
    CODE_ON_ITS_WAY = "code_on_its_way"
    ENTER_CODE = "enter_code"
    MISTYPED_CODE = "mistyped_code"
    WRONG_CODE = "wrong_code"
    EXPIRED_CODE = "expired_code"
    EXHAUSTED = "exhausted"
    TOO_MANY_CODES = "too_many_codes"
    REPORT_NOTED = "report_noted"
    NO_CODE_EXPECTED = "no_code_expected"
    NOTHING_OPEN = "nothing_open"
    CANCELLED = "cancelled"
    VERIFIED = "verified"


@dataclass(frozen=True, slots=True)
class Verification:
    """The open verification of a number: wrong codes so far, and how its codes stand."""

    failed_tries: int
    code: CodeState


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a customer stands: their open verification, and what they did in the send window.

    `language` is the one they last used, if any. `is_verified` tells that they have proved
    who they are before. `messages_of_all` bounds from above how many messages all customers
    together have sent within the hour.
    """

    verification: Verification | None = None
    recent_sends: int = 0
    recent_messages: int = 0
    language: Language | None = None
    is_verified: bool = False
    messages_of_all: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """Say something; nothing changes."""

    reply: Reply


@dataclass(frozen=True, slots=True)
class Silence:
    """Say nothing: a machine repeats our own words, or there is nothing to say."""


@dataclass(frozen=True, slots=True)
class NoteDeletion:
    """Keep with the report that the customer deleted a message; say nothing."""


@dataclass(frozen=True, slots=True)
class Begin:
    """Open a verification for this report and send its first code."""

    report: str


@dataclass(frozen=True, slots=True)
class SendAgain:
    """Send another code; `report` is what the customer added, if anything."""

    report: str | None = None


@dataclass(frozen=True, slots=True)
class AddToReport:
    """Keep what the customer added; the code that was sent stays good."""

    report: str


@dataclass(frozen=True, slots=True)
class CountWrongCode:
    """Count a wrong code; `left` more may be tried."""

    left: int


@dataclass(frozen=True, slots=True)
class Exhaust:
    """Count the last wrong code and close the verification."""


@dataclass(frozen=True, slots=True)
class Verify:
    """The code is right: use it up and open the case."""


@dataclass(frozen=True, slots=True)
class Cancel:
    """Close the verification because the customer asked to."""


Decision = (
    Answer
    | Silence
    | NoteDeletion
    | Begin
    | SendAgain
    | AddToReport
    | CountWrongCode
    | Exhaust
    | Verify
    | Cancel
)


def decide(said: Said, standing: Standing, *, is_right: Callable[[str], bool]) -> Decision:
    """Return what to do about a message, given where its sender stands.

    `is_right` compares digits with every live code; it is asked only while there is one.
    """
    verification = standing.verification
    if (decision := _in_any_state(said, verification)) is not None:
        return decision
    if verification is None:
        return _with_nothing_open(said, standing)
    if isinstance(said, Code):
        return _on_code(said.digits, verification, is_right)
    return _while_awaiting(said, verification, standing)


def _in_any_state(said: Said, verification: Verification | None) -> Decision | None:
    match said:
        case Echo():
            return Silence()
        case Deletion():
            return NoteDeletion() if verification else Silence()
        case Unsupported():
            return Answer(Reply.UNSUPPORTED)
        case Request(command=Command.HELP):
            return Answer(Reply.WELCOME)
        case _:
            return None


def language_of(said: Said, standing: Standing) -> Language:
    """Return the language to answer in: the message's, else the number's last, else English."""
    spoken = said.language if isinstance(said, Report | Request | SmallTalk) else None
    return spoken or standing.language or Language.ENGLISH


def _with_nothing_open(said: Said, standing: Standing) -> Decision:
    match said:
        case Report(text=text):
            return _if_sendable(Begin(text), standing)
        case Code():
            return Answer(Reply.NO_CODE_EXPECTED)
        case Request():
            return Answer(Reply.NOTHING_OPEN)
        case _:
            return Answer(Reply.WELCOME)


def _while_awaiting(said: Said, verification: Verification, standing: Standing) -> Decision:
    match said:
        case Request(command=Command.CANCEL):
            return Cancel()
        case Request():
            return _if_sendable(SendAgain(), standing)
        case Report(text=text):
            return _on_second_report(text, verification, standing)
        case MistypedCode():
            return Answer(Reply.MISTYPED_CODE)
        case _:
            return Answer(Reply.ENTER_CODE)


def _on_code(digits: str, verification: Verification, is_right: Callable[[str], bool]) -> Decision:
    if verification.code is CodeState.NOT_SENT:
        return Answer(Reply.CODE_ON_ITS_WAY)
    if verification.code is CodeState.EXPIRED:
        return Answer(Reply.EXPIRED_CODE)
    if is_right(digits):
        return Verify()
    left = MAX_TRIES - verification.failed_tries - 1
    return CountWrongCode(left) if left > 0 else Exhaust()


def _on_second_report(text: str, verification: Verification, standing: Standing) -> Decision:
    needs_code = verification.code is CodeState.EXPIRED and standing.recent_sends < MAX_SENDS
    return SendAgain(text) if needs_code else AddToReport(text)


def _if_sendable(decision: Begin | SendAgain, standing: Standing) -> Decision:
    return decision if standing.recent_sends < MAX_SENDS else Answer(Reply.TOO_MANY_CODES)
