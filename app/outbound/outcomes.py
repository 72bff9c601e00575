"""The outcomes of calls to the provider. Pure."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Sent:
    """The provider accepted the message and returned its id."""

    provider_message_id: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Refused:
    """The provider refused this message; `reason` is a sentence for an admin."""

    reason: str
    code: int | None = None


@dataclass(frozen=True, slots=True)
class Throttled:
    """The provider limits our rate, and did not accept or refuse the message.

    `retry_after` is the wait that it demands, in seconds. `everyone` is False if the limit is
    for this recipient only.
    """

    reason: str
    code: int
    retry_after: float | None = None
    everyone: bool = True


@dataclass(frozen=True, slots=True)
class Away:
    """The provider is not available, and the message was not sent.

    `is_certain` is True if one answer proves it, e.g. a token that is not accepted.
    """

    reason: str
    code: int | None = None
    is_certain: bool = False


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """There was no answer, or an unknown one; the message may have been sent."""

    reason: str


@dataclass(frozen=True, slots=True)
class NotCalled:
    """The call was not made, because the worker is stopping or the provider is away."""


Failed = Refused | Throttled | Away | NoAnswer
Outcome = Sent | Failed | NotCalled
