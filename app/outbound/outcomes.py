"""What the provider answers, as values. Pure."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Sent:
    """The provider took the message and named it."""

    provider_message_id: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Refused:
    """The provider refused this message; `reason` is a sentence for an admin."""

    reason: str
    code: int | None = None


@dataclass(frozen=True, slots=True)
class Throttled:
    """The provider asks us to slow down; the message itself was not judged.

    `retry_after` is the wait it asked for, in seconds. `everyone` is False if the limit
    concerns this recipient alone.
    """

    reason: str
    code: int
    retry_after: float | None = None
    everyone: bool = True


@dataclass(frozen=True, slots=True)
class Away:
    """The provider serves nobody, and the message did not go out.

    `is_certain` is True if one answer proves it, e.g. a token that is not accepted.
    """

    reason: str
    code: int | None = None
    is_certain: bool = False


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """No answer that we understand came back: the message may have gone out."""

    reason: str


@dataclass(frozen=True, slots=True)
class NotCalled:
    """The call was not made, because the worker stops or the provider is away."""


Failed = Refused | Throttled | Away | NoAnswer
Outcome = Sent | Failed | NotCalled
