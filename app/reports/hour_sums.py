"""Add up the figures of hours. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from app.inbox.drafts import Severity
from app.inbox.models import ItemStatus
from app.reports.durations import Steps, Times, times_of
from app.reports.hour_figures import EventCause, HourFigures, MessageCause

CAUSES_SHOWN = 10
NO_REASON = "none"
"""The reason of a dismissal without one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeNoise:
    """How many items of a type were closed, and how many of them were dismissed, by reason."""

    type: str
    closed: int
    dismissed: int
    reasons: Mapping[str, int]


def outcomes_of(hours: Sequence[HourFigures]) -> dict[str, int]:
    """Return the number of events by outcome."""
    return {
        outcome: sum(hour.events.get(outcome, 0) for hour in hours)
        for outcome in ("sent", "waiting", "dead")
    }


def opened_in(hours: Iterable[HourFigures]) -> int:
    """Return how many items were created or reopened."""
    return sum(hour.opened.total() for hour in hours)


def closed_in(hours: Iterable[HourFigures]) -> int:
    """Return how many items were resolved or dismissed."""
    return sum(closing.items for hour in hours for closing in hour.closings)


def times_by_severity(parts: Iterable[Mapping[str, Steps]]) -> dict[str, Times]:
    """Return the percentiles of the times of each severity, the most urgent first."""
    sums: dict[str, Steps] = defaultdict(Counter)
    for part in parts:
        for severity, steps in part.items():
            sums[severity].update(steps)
    return {severity: times_of(sums[severity]) for severity in reversed(Severity)}


def event_causes(hours: Iterable[HourFigures]) -> list[EventCause]:
    """Return the errors that most events met."""
    events, attempts = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for cause in (cause for hour in hours for cause in hour.failed_events):
        key = (cause.event_type, cause.error)
        events[key] += cause.events
        attempts[key] += cause.attempts
    return [EventCause(*key, events[key], n) for key, n in attempts.most_common(CAUSES_SHOWN)]


def message_causes(hours: Iterable[HourFigures]) -> list[MessageCause]:
    """Return the reasons for which most messages failed."""
    counts = Counter[tuple[str | None, int | None]]()
    for cause in (cause for hour in hours for cause in hour.failed_messages):
        counts[cause.reason, cause.code] += cause.messages
    return [MessageCause(*key, count) for key, count in counts.most_common(CAUSES_SHOWN)]


def noise_of(hours: Iterable[HourFigures]) -> list[TypeNoise]:
    """Return the types of which most items were dismissed."""
    closed = Counter[str]()
    reasons: dict[str, Counter[str]] = defaultdict(Counter)
    for closing in (closing for hour in hours for closing in hour.closings):
        closed[closing.type] += closing.items
        if closing.status == ItemStatus.DISMISSED:
            reasons[closing.type][closing.reason or NO_REASON] += closing.items
    noise = [
        TypeNoise(
            type=name,
            closed=closed[name],
            dismissed=counts.total(),
            reasons=dict(counts.most_common()),
        )
        for name, counts in reasons.items()
    ]
    return sorted(noise, key=lambda each: (-each.dismissed, each.type))
