"""The figures of random days equal those that Python counts from the same rows, one by one."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import product
from random import Random
from typing import NamedTuple

import pytest

from app.core.database import Sessions
from tests.reports.days import ITEM, Writer, summarise, write

__all__ = ["write"]

STARTS_AT = datetime(2026, 11, 21, tzinfo=UTC)
ENDS_AT = STARTS_AT + timedelta(days=1)
INSTANT = timedelta(microseconds=1)
AGES = {
    "under_1_hour": timedelta(hours=1),
    "under_1_day": timedelta(days=1),
    "under_1_week": timedelta(weeks=1),
}
BOUNDS = [
    bound + shift
    for bound, shift in product(
        (STARTS_AT, ENDS_AT, *(ENDS_AT - age for age in AGES.values())),
        (-INSTANT, timedelta(0), INSTANT),
    )
]
SEVERITIES = ("info", "warning", "error", "critical")
OUTCOMES = ("sent", "pending", "failed", "dead")
WAITS = (-0.0025, 0.0, 0.0009, 0.001, 0.0125, 59.9999, 60.0, 60.999, 7_200.5)


class Item(NamedTuple):
    severity: str
    came: datetime
    closed: datetime | None

    @property
    def is_open(self) -> bool:
        """Whether it was open when the day ended."""
        return self.came < ENDS_AT and not (self.closed and self.closed < ENDS_AT)

    @property
    def age(self) -> str:
        names = (name for name, age in AGES.items() if self.came > ENDS_AT - age)
        return next(names, "older")


class Event(NamedTuple):
    type: str
    outcome: str
    at: datetime
    took: float

    @property
    def step(self) -> float:
        """The wait in ms, cut to a whole ms below a minute and to a whole second above."""
        ms = round(self.took * 1_000_000) / 1_000
        return float(int(ms) if ms < 60_000 else int(ms / 1_000) * 1_000)


def _moment(random: Random) -> datetime:
    anywhere = ENDS_AT + timedelta(days=1) * random.uniform(-9, 1)
    return random.choice((*BOUNDS, *[anywhere] * len(BOUNDS)))


def _item(random: Random) -> Item:
    came = _moment(random)
    closed = random.choice((None, _moment(random)))
    return Item(random.choice(SEVERITIES), came, max(came, closed) if closed else None)


def _event(random: Random) -> Event:
    took = random.choice((*WAITS, *(random.expovariate(1) for _ in WAITS)))
    return Event(random.choice("ab"), random.choice(OUTCOMES), _moment(random), round(took, 6))


@pytest.mark.parametrize("seed", range(3))
def test_the_inbox_of_a_random_day(sessions: Sessions, write: Writer, seed: int) -> None:
    random = Random(seed)
    items = [_item(random) for _ in range(150)]
    for item in items:
        write(
            ITEM,
            item.came.isoformat(),
            severity=item.severity,
            closed=item.closed.isoformat() if item.closed else None,
        )

    inbox = summarise(sessions).summary["inbox"]

    assert inbox == {
        "opened": _tally([item for item in items if _is_within_day(item.came)]),
        "closed": _tally(
            [
                item
                for item in items
                if item.came < ENDS_AT and item.closed and _is_within_day(item.closed)
            ]
        ),
        "still_open": _tally([item for item in items if item.is_open]),
        "still_open_by_age": {
            severity: dict.fromkeys((*AGES, "older"), 0)
            | Counter(item.age for item in items if item.is_open and item.severity == severity)
            for severity in SEVERITIES
        },
    }


@pytest.mark.parametrize("seed", range(3))
def test_the_events_of_a_random_day(sessions: Sessions, write: Writer, seed: int) -> None:
    random = Random(seed)
    events = [_event(random) for _ in range(200)]
    for event in events:
        is_dead = event.outcome == "dead"
        status = "failed" if is_dead else event.outcome
        write.event(
            event.at.isoformat(), type=event.type, status=status, dead=is_dead, took=event.took
        )

    summary = summarise(sessions).summary

    counted = [event for event in events if _is_within_day(event.at)]
    waits = sorted(event.step for event in counted if event.outcome == "sent")
    assert summary["events"] == {
        "recorded": len(counted),
        "by_type": {
            of: {
                outcome: sum((each.type, each.outcome) == (of, outcome) for each in counted)
                for outcome in OUTCOMES
            }
            for of in "ab"
        },
    }
    assert summary["dispatch_latency_ms"] == {
        "p50": _interpolated(waits, 0.5),
        "p95": _interpolated(waits, 0.95),
    }


def _is_within_day(moment: datetime) -> bool:
    return STARTS_AT <= moment < ENDS_AT


def _tally(items: Sequence[Item]) -> dict[str, int]:
    return dict.fromkeys(SEVERITIES, 0) | Counter(item.severity for item in items)


def _interpolated(values: Sequence[float], share: float) -> float:
    place = share * (len(values) - 1)
    lower, upper = values[int(place)], values[min(int(place) + 1, len(values) - 1)]
    return round(lower + (upper - lower) * (place - int(place)), 1)
