"""What becomes of each claimed event. Pure, but for the draft functions it calls."""

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
"""The fingerprint of an event whose worker process died, or may die, while it worked."""


class ClaimedEvent(NamedTuple):
    """A due event under our row lock; `attempts` counts the failures of this budget.

    A named tuple is made from a row in a third of the time that a frozen dataclass takes.
    """

    id: int
    event_type: str
    dedupe_key: str
    payload: Mapping[str, Any]
    attempts: int
    budget: int


@dataclass(frozen=True, slots=True)
class Delivery:
    """The event becomes the item that `draft` describes."""

    event: ClaimedEvent
    draft: Draft


@dataclass(frozen=True, slots=True)
class Failure:
    """The event failed for the `attempt`-th time; tried again in `wait` seconds, or dead."""

    event: ClaimedEvent
    attempt: int
    error: str
    fingerprint: str
    wait: float | None

    @property
    def is_dead(self) -> bool:
        """Whether the budget is spent."""
        return self.wait is None

    @property
    def is_new(self) -> bool:
        """Whether this try is yet to be counted."""
        return self.attempt > self.event.attempts


DispatchDecision = Delivery | Failure

_LOST = "the worker process died while it worked on this event alone."


class ForcedFailure(Exception):
    """Operators asked every draft to fail, to rehearse an outage."""


class WorkerLost(Exception):
    """The worker process died while it worked on this event alone."""


@dataclass(frozen=True, slots=True)
class DispatchRules:
    """What decisions depend on beside the event: policy, randomness, the rehearsal switch."""

    policy: RetryPolicy
    random: Random
    force_fail: bool = False

    def decide(self, event: ClaimedEvent) -> DispatchDecision:
        """Draft `event`; whatever its draft raises becomes its failure, and its alone."""
        try:
            return Delivery(event, self._draft(event))
        except Exception as error:  # noqa: BLE001 - the one boundary around drafts
            return self.fail(event, error)

    def decide_all(self, events: Sequence[ClaimedEvent]) -> list[DispatchDecision]:
        """Decide each of `events`, in order."""
        return [self.decide(event) for event in events]

    def fail(self, event: ClaimedEvent, error: Exception) -> Failure:
        """Return the failure of `event` by `error`: tried again later, or dead."""
        attempt = event.attempts + 1
        text = describe(error)
        return Failure(
            event, attempt, text, fingerprint(text), self.policy.wait_after(attempt, self.random)
        )

    def charge(self, event: ClaimedEvent) -> Failure:
        """Return the failure to commit before `event` is worked on alone.

        It never declares the event dead: only the next look at it may, because this try,
        perhaps its last, is still to come.
        """
        attempt = event.attempts + 1
        wait = self.policy.wait_after(min(attempt, self.policy.max_attempts - 1), self.random)
        return Failure(event, attempt, describe(WorkerLost(_LOST)), WORKER_LOST, wait or 0.0)

    def is_spent(self, event: ClaimedEvent) -> bool:
        """Tell whether `event` was charged its last try and never came back from it."""
        return event.attempts >= self.policy.max_attempts

    def _draft(self, event: ClaimedEvent) -> Draft:
        if self.force_fail:
            raise ForcedFailure("AUTOMATION_DISPATCHER_FORCE_FAIL is set; unset it and restart.")
        return draft_event(event.event_type, event.payload)


def give_up(event: ClaimedEvent) -> Failure:
    """Return the death of an event whose budget went with the processes that it killed."""
    return Failure(event, event.attempts, describe(WorkerLost(_LOST)), WORKER_LOST, None)


def describe(error: Exception) -> str:
    """Return class and message of `error`, redacted, storable and capped in length."""
    text = "".join(traceback.format_exception_only(error)).strip()
    text = text.removeprefix(f"{type(error).__module__}.")
    storable = text.replace("\x00", "␀").encode(errors="backslashreplace").decode()
    return redact_text(storable)[:ERROR_LIMIT]


def fingerprint(text: str) -> str:
    """Return a short key that errors differing only in numbers and quoted values share."""
    kind = text.partition(":")[0]
    shape = re.sub(r"\d+|'[^']*'|\"[^\"]*\"", "#", text)
    return f"{kind}-{hashlib.sha256(shape.encode()).hexdigest()[:10]}"
