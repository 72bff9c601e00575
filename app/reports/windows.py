"""The windows of trends and their slots. Pure.

A slot is an hour or a date. Figures are kept by hour in UTC, so in a time zone that differs from
UTC by part of an hour, a date has the hours that begin in it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from app.reports.business_day import business_day, date_in

HOURS_SHOWN = 24
_HOUR = timedelta(hours=1)


class Window(StrEnum):
    """How far a trend looks back, the current hour or date included."""

    DAY = "24h"
    TWO_WEEKS = "14d"
    MONTH = "30d"

    @property
    def is_hourly(self) -> bool:
        """Whether its slots are hours and not dates."""
        return self is Window.DAY


@dataclass(frozen=True, slots=True)
class TimeSlot:
    """An hour or a date, from `starts_at` (inclusive) to `ends_at` (exclusive)."""

    starts_at: datetime
    ends_at: datetime


def slots_of(window: Window, now: datetime, zone: ZoneInfo) -> Sequence[TimeSlot]:
    """Return the slots of `window`, the oldest first. The last one contains `now`."""
    if window.is_hourly:
        this_hour = now.replace(minute=0, second=0, microsecond=0)
        starts = [this_hour - n * _HOUR for n in reversed(range(HOURS_SHOWN))]
        return [TimeSlot(start, start + _HOUR) for start in starts]
    today = date_in(zone, now)
    count = int(window.removesuffix("d"))
    days = [business_day(today - timedelta(days=n), zone) for n in reversed(range(count))]
    return [TimeSlot(day.starts_at, day.ends_at) for day in days]
