"""When a date of a time zone begins and ends. Pure."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class BusinessDay:
    """A date in a time zone as the instants from `starts_at` up to, without, `ends_at`, in UTC."""

    date: date
    starts_at: datetime
    ends_at: datetime


def business_day(day: date, zone: ZoneInfo) -> BusinessDay:
    """Return `day` in `zone`: 23 or 25 hours long where the clocks change."""
    return BusinessDay(day, _midnight(day, zone), _midnight(day + timedelta(days=1), zone))


def date_in(zone: ZoneInfo, moment: datetime) -> date:
    """Return the date that people in `zone` write at `moment`."""
    return moment.astimezone(zone).date()


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.min, zone).astimezone(UTC)
