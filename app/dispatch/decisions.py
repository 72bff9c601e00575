"""Decide the outcome of each claimed event. Pure, except for the draft functions."""

import hashlib
import re
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, NamedTuple

from app.core.redaction import redact_text
from app.core.retry import RetryPolicy
from app.inbox.drafts import Draft, draft_event

ERROR_LIMIT = 500
WORKER_LOST = "WorkerLost"
"""The fingerprint of an event whose worker process died, or is at work on it alone."""


class ClaimedEvent(NamedTuple):
    """A due event that is locked; `attempts` counts the failed attempts of this budget.

    It is a named tuple, because creating one takes a third of the time of a frozen dataclass.
    """

    id: int
    event_type: str
    dedupe_key: str
    payload: Mapping[str, Any]
    attempts: int
    budget: int


@dataclass(frozen=True, slots=True)
class Delivery:
    """The event becomes an item with this draft."""

    event: ClaimedEvent
    draft: Draft


@dataclass(frozen=True, slots=True)
class Failure:
    """The `attempt`-th attempt failed. The next is in `wait` seconds; None means a dead letter."""

    event: ClaimedEvent
    attempt: int
    error: str
    fingerprint: str
    wait: float | None

    @property
    def is_dead(self) -> bool:
        """Whether the event is a dead letter."""
        return self.wait is None

    @property
    def is_new(self) -> bool:
        """Whether this attempt is not counted yet."""
        return self.attempt > self.event.attempts


DispatchDecision = Delivery | Failure

_LOST = "the worker process died while it worked on this event alone."


class ForcedFailure(Exception):
    """AUTOMATION_DISPATCHER_FORCE_FAIL makes every draft fail, to practise an outage."""


class WorkerLost(Exception):
    """The worker process died while it worked on this event alone."""


@dataclass(frozen=True, slots=True)
class DispatchRules:
    """The input of decisions besides the event."""

    policy: RetryPolicy
    random: Random
    force_fail: bool = False

    def decide(self, event: ClaimedEvent) -> DispatchDecision:
        """Draft `event`. An error of its draft becomes the failure of this event only."""
        try:
            return Delivery(event, self._draft(event))
        except Exception as error:  # noqa: BLE001 - boundary: a draft may raise anything, and fails its event only
            return self.fail(event, error)

    def decide_all(self, events: Sequence[ClaimedEvent]) -> list[DispatchDecision]:
        """Decide each of `events`, in order."""
        return [self.decide(event) for event in events]

    def fail(self, event: ClaimedEvent, error: Exception) -> Failure:
        """Return the failure of `event` with `error`, with the wait until the next attempt."""
        attempt = event.attempts + 1
        text = describe(error)
        return Failure(
            event, attempt, text, fingerprint(text), self.policy.wait_after(attempt, self.random)
        )

    def count_attempt(self, event: ClaimedEvent) -> Failure:
        """Return the failure to commit before the attempt on `event` alone.

        The event is not a dead letter yet, even if this is its last attempt, because the
        attempt has not been made. The next claim decides that.
        """
        attempt = event.attempts + 1
        wait = self.policy.wait_after(min(attempt, self.policy.max_attempts - 1), self.random)
        return Failure(event, attempt, describe(WorkerLost(_LOST)), WORKER_LOST, wait or 0.0)

    def is_spent(self, event: ClaimedEvent) -> bool:
        """Tell whether the last attempt of `event` was counted, and no outcome was written."""
        return event.attempts >= self.policy.max_attempts

    def _draft(self, event: ClaimedEvent) -> Draft:
        if self.force_fail:
            raise ForcedFailure("AUTOMATION_DISPATCHER_FORCE_FAIL is set; unset it and restart.")
        return draft_event(event.event_type, event.payload)


def give_up(event: ClaimedEvent) -> Failure:
    """Return the failure that makes an event a dead letter after it killed its processes."""
    return Failure(event, event.attempts, describe(WorkerLost(_LOST)), WORKER_LOST, None)


def describe(error: Exception) -> str:
    """Return class and message of `error`: redacted, storable, and of limited length."""
    text = "".join(traceback.format_exception_only(error)).strip()
    text = text.removeprefix(f"{type(error).__module__}.")
    storable = text.replace("\x00", "␀").encode(errors="backslashreplace").decode()
    return redact_text(storable)[:ERROR_LIMIT]


def fingerprint(text: str) -> str:
    """Return a short key. Errors that differ only in numbers and quoted values have the same."""
    kind = text.partition(":")[0]
    shape = re.sub(r"\d+|'[^']*'|\"[^\"]*\"", "#", text)
    return f"{kind}-{hashlib.sha256(shape.encode()).hexdigest()[:10]}"
