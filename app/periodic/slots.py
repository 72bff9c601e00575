"""Compute the slots of periodic jobs. Pure.

A slot is one planned run with one due time. Slots within an hour are computed in UTC, so
summer time does not affect them. A daily slot is due at a local time, once per date. If summer
time skips that local time, the slot is due that much later. If the local time occurs twice,
the first one counts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_DAY = timedelta(days=1)
_JUST_BEFORE = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Slot:
    """One planned run. The name is unique within its job; `due_at` is in UTC."""

    name: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class EveryMinutes:
    """A run every `minutes` minutes, a divisor of 60. A slot is named after its due time."""

    minutes: int

    def latest(self, moment: datetime) -> Slot:
        """Return the last slot that was due at `moment`."""
        utc = moment.astimezone(UTC)
        minute = utc.minute - utc.minute % self.minutes
        due_at = utc.replace(minute=minute, second=0, microsecond=0)
        return Slot(f"{due_at:%Y-%m-%dT%H:%MZ}", due_at)


@dataclass(frozen=True, slots=True)
class DailyAt:
    """A daily run at a local time. A slot is named after the previous date, which it covers."""

    at: time
    zone: ZoneInfo

    def latest(self, moment: datetime) -> Slot:
        """Return the last slot that was due at `moment`."""
        today = moment.astimezone(self.zone).date()
        due_at = self._due_at(today)
        if due_at > moment:
            today -= _DAY
            due_at = self._due_at(today)
        return Slot((today - _DAY).isoformat(), due_at)

    def _due_at(self, day: date) -> datetime:
        return datetime.combine(day, self.at, self.zone).astimezone(UTC)


Schedule = EveryMinutes | DailyAt


def latest_slots(schedule: Schedule, moment: datetime, *, count: int) -> Sequence[Slot]:
    """Return the last `count` slots that were due at `moment`, the oldest first."""
    slots = [schedule.latest(moment)]
    while len(slots) < count:
        slots.append(schedule.latest(slots[-1].due_at - _JUST_BEFORE))
    return slots[::-1]
