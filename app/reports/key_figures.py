"""Compare the key figures of a daily summary with those of the summaries before it. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from statistics import median
from typing import Any

Figures = Mapping[str, Any]
Value = float | None

USUAL_DAYS = 7
"""How many earlier summaries the usual value is the median of."""


@dataclass(frozen=True, slots=True)
class DayValue:
    """The value of a figure on a date; None if the summary of the date does not have it."""

    business_date: date
    value: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureTrend:
    """One key figure of a date.

    `before` is its value in the summary before, and `usual` the median of up to USUAL_DAYS
    earlier summaries. `days` has the values of all compared summaries, the oldest first; the
    last one is the date itself. `unit` is empty for a count, or `s`, `ms` or `share`.
    """

    name: str
    unit: str
    value: Value
    before: Value
    usual: Value
    days: Sequence[DayValue]


def trends_of(days: Sequence[tuple[date, Figures]]) -> list[FigureTrend]:
    """Return the trend of each key figure of the last date in `days`, which are in order."""
    return [_trend(name, unit, read, days) for name, unit, read in _KEY_FIGURES]


def _trend(
    name: str, unit: str, read: Callable[[Figures], Value], days: Sequence[tuple[date, Figures]]
) -> FigureTrend:
    values = [DayValue(day, _read(read, figures)) for day, figures in days]
    *earlier, today = [each.value for each in values]
    known = [value for value in earlier[-USUAL_DAYS:] if value is not None]
    return FigureTrend(
        name=name,
        unit=unit,
        value=today,
        before=earlier[-1] if earlier else None,
        usual=median(known) if known else None,
        days=values,
    )


def _read(read: Callable[[Figures], Value], figures: Figures) -> Value:
    """Return the figure, or None for a summary of an earlier release that does not have it."""
    try:
        return read(figures)
    except KeyError:
        return None


def _total(counts: Mapping[str, float]) -> float:
    return sum(counts.values())


_KEY_FIGURES: tuple[tuple[str, str, Callable[[Figures], Value]], ...] = (
    ("fraud_cases_opened", "", lambda day: day["cases"]["opened"]),
    ("verifications_started", "", lambda day: day["verifications"]["started"]),
    ("verified_share", "share", lambda day: day["verifications"]["rates"]["verified"]),
    ("median_time_to_verify", "s", lambda day: day["verifications"]["median_seconds_to_verify"]),
    ("verifications_expired", "", lambda day: day["verifications"]["expired"]),
    ("messages_sent", "", lambda day: day["outbound"]["sent"]),
    ("messages_failed", "", lambda day: day["outbound"]["failed"]),
    ("events_recorded", "", lambda day: day["events"]["recorded"]),
    ("dead_letters", "", lambda day: day["dead_letters"]),
    ("dispatch_latency_p95", "ms", lambda day: day["dispatch_latency_ms"]["p95"]),
    ("items_opened", "", lambda day: _total(day["inbox"]["opened"])),
    ("items_closed", "", lambda day: _total(day["inbox"]["closed"])),
    ("items_still_open", "", lambda day: _total(day["inbox"]["still_open"])),
)
