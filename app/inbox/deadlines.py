"""Until when: the moments that a person can choose for a promise or a snooze. Pure."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo
from enum import StrEnum

from app.core.errors import InvalidInput

MOST_DAYS = 30
"""A promise or a snooze ends within so many days."""


class Choice(StrEnum):
    """A moment relative to now."""

    IN_15_MINUTES = "15m"
    IN_1_HOUR = "1h"
    IN_4_HOURS = "4h"
    END_OF_DAY = "end_of_day"
    NEXT_DAY = "next_day"


PROMISES = (Choice.IN_15_MINUTES, Choice.IN_1_HOUR, Choice.IN_4_HOURS, Choice.END_OF_DAY)
SNOOZES = (Choice.IN_1_HOUR, Choice.IN_4_HOURS, Choice.NEXT_DAY)

_DELAYS = {
    Choice.IN_15_MINUTES: timedelta(minutes=15),
    Choice.IN_1_HOUR: timedelta(hours=1),
    Choice.IN_4_HOURS: timedelta(hours=4),
}
_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class BusinessHours:
    """When a business day begins and ends, Monday to Friday, in the time zone `zone`."""

    starts: time
    ends: time
    zone: tzinfo


def moment_of(choice: Choice, *, now: datetime, hours: BusinessHours) -> datetime:
    """Return the moment that `choice` means at `now`.

    `END_OF_DAY` is the next end of a business day, and `NEXT_DAY` the start of the next one.
    """
    match choice:
        case Choice.END_OF_DAY:
            return _next_business(hours.ends, now, hours.zone)
        case Choice.NEXT_DAY:
            return _next_business(hours.starts, _last_moment(now, hours.zone), hours.zone)
        case _:
            return now + _DELAYS[choice]


def parse_moment(text: str, *, now: datetime, hours: BusinessHours) -> datetime:
    """Return the moment of a choice, or of a time in ISO 8601 with its offset.

    Raises InvalidInput unless it lies in the future and within MOST_DAYS.
    """
    if text in set(Choice):
        return moment_of(Choice(text), now=now, hours=hours)
    moment = _time_of(text)
    if moment <= now:
        raise InvalidInput("The time in until must be in the future.", field="until")
    if moment > now + timedelta(days=MOST_DAYS):
        raise InvalidInput(
            f"The time in until must be within {MOST_DAYS} days from now.", field="until"
        )
    return moment


def _time_of(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.utcoffset() is None:
        raise InvalidInput(
            f"The field until must be one of {', '.join(Choice)}, or a time with its offset such"
            " as 2026-11-30T14:30:00+01:00.",
            field="until",
        )
    return moment


def _next_business(at: time, after: datetime, zone: tzinfo) -> datetime:
    """Return the first moment after `after` that is the time `at` of a business day."""
    day = after.astimezone(zone).date()
    candidates = (
        datetime.combine(day + timedelta(days=days), at, tzinfo=zone) for days in range(8)
    )
    return next(each for each in candidates if each > after and each.weekday() < _SATURDAY)


def _last_moment(now: datetime, zone: tzinfo) -> datetime:
    return datetime.combine(now.astimezone(zone).date(), time.max, tzinfo=zone)
