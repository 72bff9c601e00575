"""The possible decisions on a message, and the possible replies."""

from dataclasses import dataclass
from enum import StrEnum


class Reply(StrEnum):
    """The replies to customers; `app.fraud.replies` has their texts."""

    WELCOME = "welcome"
    UNSUPPORTED = "unsupported"
    CODE_ON_ITS_WAY = "code_on_its_way"
    ENTER_CODE = "enter_code"
    MISTYPED_CODE = "mistyped_code"
    WRONG_CODE = "wrong_code"
    EXPIRED_CODE = "expired_code"
    EXHAUSTED = "exhausted"
    RESTING = "resting"
    CODES_USED_UP = "codes_used_up"
    TOO_MANY_CODES = "too_many_codes"
    REPORT_NOTED = "report_noted"
    NO_CODE_EXPECTED = "no_code_expected"
    NOTHING_OPEN = "nothing_open"
    CANCELLED = "cancelled"
    VERIFIED = "verified"
    ADDED_TO_CASE = "added_to_case"


@dataclass(frozen=True, slots=True)
class Answer:
    """Send a reply and change nothing."""

    reply: Reply


@dataclass(frozen=True, slots=True)
class Silence:
    """Send no reply."""


@dataclass(frozen=True, slots=True)
class NoteDeletion:
    """Note a deleted message with the open report, or else with the open case."""


@dataclass(frozen=True, slots=True)
class Begin:
    """Open a verification for this report and send its first code."""

    report: str


@dataclass(frozen=True, slots=True)
class SendAgain:
    """Send another code, and add `report` to the report if there is one."""

    report: str | None = None


@dataclass(frozen=True, slots=True)
class AddToReport:
    """Add a text to the report. Codes that were sent stay valid."""

    report: str


@dataclass(frozen=True, slots=True)
class AddToCase:
    """Add the message to the open case."""


@dataclass(frozen=True, slots=True)
class CountWrongCode:
    """Count a wrong code; `left` attempts remain."""

    left: int


@dataclass(frozen=True, slots=True)
class Rest:
    """Do not compare the code: the customer must wait, after too many wrong ones."""

    minutes: int


@dataclass(frozen=True, slots=True)
class Exhaust:
    """Count the last wrong code and close the verification."""


@dataclass(frozen=True, slots=True)
class Verify:
    """Accept the right code, close the verification and open the case."""


@dataclass(frozen=True, slots=True)
class Cancel:
    """Close the verification because the customer asked to."""


ConversationDecision = (
    Answer
    | Silence
    | NoteDeletion
    | Begin
    | SendAgain
    | AddToReport
    | AddToCase
    | CountWrongCode
    | Rest
    | Exhaust
    | Verify
    | Cancel
)
