"""What the provider answers, as values. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sent:
    """The provider took the message and named it."""

    provider_message_id: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The message did not go out; `reason` is a sentence for an admin."""

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
class NoAnswer:
    """No answer that we understand came back: the message may have gone out."""

    reason: str


Failed = Refused | Throttled | NoAnswer
Outcome = Sent | Failed
