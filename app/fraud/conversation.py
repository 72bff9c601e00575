"""The state machine from a report to a verified case. Pure: `intake` writes its decisions.

::

    nothing open ──report──► awaiting ──right code──► verified, a case is opened
                              │  │ └──── fifth wrong code ──► exhausted
                              │  ├────── CANCEL ────────────► cancelled
                              │  └────── 24 hours ──────────► expired
                              └─ RESEND, report: stays awaiting

While the newest case of a customer takes messages, they are added to it, except commands,
codes and new reports. If no verification is open, every edit is added to the case, because it may
change the report, and a deletion is noted there.

Wrong codes are counted across resends. An expired code and a mistyped one do not count, and
nothing counts before a code was sent, because none of them helps to guess a code. Too many wrong
codes within a day are followed by a rest (`guess_limits`), in which no code is compared.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from math import ceil

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

MAX_WRONG_CODES = 5
MAX_SENDS = 3

MAX_KEPT = 100
"""How many messages of one customer within the send window are added to their case."""


class CodeState(StrEnum):
    """The state of the entered code, or of the codes of a verification."""

    NOT_SENT = "not_sent"
    LIVE = "live"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Verification:
    """The open verification of a customer: the wrong codes so far, and the state of its codes."""

    wrong_codes: int
    code: CodeState


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationState:
    """The state of a customer: their open verification, and their counts in the send window.

    `language` is the last one they used, if any. `is_verified`: they have completed a
    verification before. `has_open_case`: their newest case takes messages. `messages_of_all` is an
    upper bound of the messages of all customers within the last hour. `rest` is the time until a
    code is compared again. The counts of today are those of the last 24 hours.
    """

    verification: Verification | None = None
    recent_sends: int = 0
    recent_messages: int = 0
    language: Language | None = None
    is_verified: bool = False
    has_open_case: bool = False
    messages_of_all: int = 0
    sends_today: int = 0
    messages_today: int = 0
    rest: timedelta = timedelta()


def decide_reply(
    said: Said, state: ConversationState, *, is_right: Callable[[str], bool], is_edit: bool = False
) -> ConversationDecision:
    """Return the decision on a message of a customer with this state.

    `is_right` compares digits with every live code; it is called only if there is one.
    `is_edit` says that the message replaces an earlier one.
    """
    verification = state.verification
    if isinstance(said, Deletion):
        return _on_deletion(state)
    if is_edit and _has_case_alone(state) and not isinstance(said, Echo):
        return _add_to_case(AddToCase(), state)
    if (decision := _in_any_state(said)) is not None:
        return decision
    if verification is None:
        return _with_nothing_open(said, state)
    if isinstance(said, Code):
        return _on_code(said.digits, verification, state.rest, is_right)
    return _while_awaiting(said, verification, state)


def _has_case_alone(state: ConversationState) -> bool:
    return state.has_open_case and state.verification is None


def _on_deletion(state: ConversationState) -> ConversationDecision:
    if state.verification is not None:
        return NoteDeletion()
    return _add_to_case(NoteDeletion(), state) if state.has_open_case else Silence()


def _in_any_state(said: Said) -> ConversationDecision | None:
    match said:
        case Echo():
            return Silence()
        case Unsupported():
            return Answer(Reply.UNSUPPORTED)
        case Request(command=Command.HELP):
            return Answer(Reply.WELCOME)
        case _:
            return None


def _belongs_to_case(said: Said, state: ConversationState) -> bool:
    """Tell whether a message must be added to the open case."""
    if not state.has_open_case:
        return False
    match said:
        case SmallTalk(is_courtesy=is_courtesy):
            return not is_courtesy
        case MistypedCode() | Code(has_words=True):  # an amount, if no code is awaited
            return state.verification is None
        case Report():
            return state.verification is None and state.recent_sends >= MAX_SENDS
        case _:
            return False


def _add_to_case(
    decision: AddToCase | NoteDeletion, state: ConversationState
) -> ConversationDecision:
    return decision if state.recent_messages <= MAX_KEPT else Silence()


def language_of(said: Said, state: ConversationState) -> Language:
    """Return the language of the message, else the customer's last one, else English."""
    spoken = said.language if isinstance(said, Report | Request | SmallTalk) else None
    return spoken or state.language or Language.ENGLISH


def _with_nothing_open(said: Said, state: ConversationState) -> ConversationDecision:
    match said:
        case _ if _belongs_to_case(said, state):
            return _add_to_case(AddToCase(), state)
        case Report(text=text):
            return _if_sendable(Begin(text), state)
        case Code():
            return Answer(Reply.NO_CODE_EXPECTED)
        case Request():
            return Answer(Reply.NOTHING_OPEN)
        case _:
            return Answer(Reply.WELCOME)


def _while_awaiting(
    said: Said, verification: Verification, state: ConversationState
) -> ConversationDecision:
    match said:
        case Request(command=Command.CANCEL):
            return Cancel()
        case Request():
            return _if_sendable(SendAgain(), state)
        case Report(text=text):
            return _on_second_report(text, verification, state)
        case MistypedCode():
            return Answer(Reply.MISTYPED_CODE)
        case _ if _belongs_to_case(said, state):
            return _add_to_case(AddToCase(), state)
        case _:
            return Answer(Reply.ENTER_CODE)


def _on_code(
    digits: str, verification: Verification, rest: timedelta, is_right: Callable[[str], bool]
) -> ConversationDecision:
    if verification.code is CodeState.NOT_SENT:
        return Answer(Reply.CODE_ON_ITS_WAY)
    if verification.code is CodeState.EXPIRED:
        return Answer(Reply.EXPIRED_CODE)
    if rest:
        return Rest(minutes=ceil(rest / timedelta(minutes=1)))
    if is_right(digits):
        return Verify()
    left = MAX_WRONG_CODES - verification.wrong_codes - 1
    return CountWrongCode(left) if left > 0 else Exhaust()


def _on_second_report(
    text: str, verification: Verification, state: ConversationState
) -> ConversationDecision:
    needs_code = verification.code is CodeState.EXPIRED and state.recent_sends < MAX_SENDS
    return SendAgain(text) if needs_code else AddToReport(text)


def _if_sendable(decision: Begin | SendAgain, state: ConversationState) -> ConversationDecision:
    return decision if state.recent_sends < MAX_SENDS else Answer(Reply.TOO_MANY_CODES)
