"""What may be decided about a message, and what the customer may be told."""

from dataclasses import dataclass
from enum import StrEnum


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
    ADDED_TO_CASE = "added_to_case"


@dataclass(frozen=True, slots=True)
class Answer:
    """Say something; nothing changes."""

    reply: Reply


@dataclass(frozen=True, slots=True)
class Silence:
    """Say nothing: a machine repeats our own words, or there is nothing to say."""


@dataclass(frozen=True, slots=True)
class NoteDeletion:
    """Keep with the open report, else with the open case, that the customer deleted a message."""


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
class AddToCase:
    """Keep the message with the customer's open case."""


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


ConversationDecision = (
    Answer
    | Silence
    | NoteDeletion
    | Begin
    | SendAgain
    | AddToReport
    | AddToCase
    | CountWrongCode
    | Exhaust
    | Verify
    | Cancel
)
