"""Compute the beginning and the end of a date in a time zone. Pure."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class BusinessDay:
    """A date in a time zone, from `starts_at` (inclusive) to `ends_at` (exclusive), in UTC."""

    date: date
    starts_at: datetime
    ends_at: datetime


def business_day(day: date, zone: ZoneInfo) -> BusinessDay:
    """Return `day` in `zone`. It has 23 or 25 hours if summer time begins or ends."""
    return BusinessDay(day, _midnight(day, zone), _midnight(day + timedelta(days=1), zone))


def date_in(zone: ZoneInfo, moment: datetime) -> date:
    """Return the date in `zone` at `moment`."""
    return moment.astimezone(zone).date()


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.min, zone).astimezone(UTC)
