"""The trends of a window: figures of its slots, times, causes and noise."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.outbox.models import AutomationEvent
from app.reports.durations import Times
from app.reports.hour_figures import (
    HOUR,
    EventCause,
    HourFigures,
    MessageCause,
    count_hours,
    hours_between,
)
from app.reports.hour_sums import (
    TypeNoise,
    closed_in,
    event_causes,
    message_causes,
    noise_of,
    opened_in,
    outcomes_of,
    times_by_severity,
)
from app.reports.trend_hours import floor_hour, kept_hours
from app.reports.windows import TimeSlot, Window, slots_of

LIVE_HOURS = 3
"""How many of the newest hours are counted when they are read, if they are not stored yet."""

Hours = Mapping[datetime, HourFigures]


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotFigures:
    """The figures of an hour or a date: events by outcome, items, and times by severity."""

    starts_at: datetime
    ends_at: datetime
    events: Mapping[str, int]
    opened: int
    closed: int
    acknowledged: Mapping[str, Times]
    resolved: Mapping[str, Times]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trends:
    """The trends of a window. The figures of `missing_hours` are not counted yet."""

    window: Window
    timezone: str
    slots: Sequence[SlotFigures]
    acknowledged: Mapping[str, Times]
    resolved: Mapping[str, Times]
    failed_events: Sequence[EventCause]
    failed_messages: Sequence[MessageCause]
    noise: Sequence[TypeNoise]
    missing_hours: int


def read_trends(session: Session, window: Window, *, now: datetime, timezone: str) -> Trends:
    """Return the trends of `window` up to `now`. Past hours are read, new ones are counted."""
    slots = slots_of(window, now, ZoneInfo(timezone))
    since, until = slots[0].starts_at, floor_hour(now) + HOUR
    hours = kept_hours(session, since, until)
    hours |= _live_hours(session, hours, until)
    every = list(hours.values())
    return Trends(
        window=window,
        timezone=timezone,
        slots=[_figures_of(slot, hours) for slot in slots],
        acknowledged=times_by_severity(hour.acknowledged for hour in every),
        resolved=times_by_severity(hour.resolved for hour in every),
        failed_events=event_causes(every),
        failed_messages=message_causes(every),
        noise=noise_of(every),
        missing_hours=_count_missing(session, hours, since, until),
    )


def _live_hours(session: Session, kept: Hours, until: datetime) -> Hours:
    """Count the newest hours from the first that is not stored."""
    newest = hours_between(until - LIVE_HOURS * HOUR, until)
    first = next(hour for hour in newest if hour not in kept)
    return count_hours(session, first, until)


def _count_missing(session: Session, hours: Hours, since: datetime, until: datetime) -> int:
    """Count the hours that are not in `hours`, from the first event on."""
    oldest = select(AutomationEvent.created_at).order_by(AutomationEvent.id).limit(1)
    first_event = session.scalar(oldest)
    if first_event is None:
        return 0
    first = max(floor_hour(first_event), floor_hour(since))
    return sum(hour not in hours for hour in hours_between(first, until))


def _figures_of(slot: TimeSlot, hours: Hours) -> SlotFigures:
    inside = [each for hour, each in hours.items() if slot.starts_at <= hour < slot.ends_at]
    return SlotFigures(
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        events=outcomes_of(inside),
        opened=opened_in(inside),
        closed=closed_in(inside),
        acknowledged=times_by_severity(hour.acknowledged for hour in inside),
        resolved=times_by_severity(hour.resolved for hour in inside),
    )
