"""Slots on ordinary days and across clock changes."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.periodic.slots import DailyAt, EveryMinutes, Slot, latest_slots
from app.reports.business_day import business_day

MADRID = ZoneInfo("Europe/Madrid")
NINE = time(9)
SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)

moments = st.datetimes(
    min_value=datetime(2001, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    max_value=datetime(2100, 1, 1),  # noqa: DTZ001
    timezones=st.sampled_from([UTC, MADRID, ZoneInfo("Australia/Lord_Howe")]),
)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "moment, name",
    [
        ("2026-11-22T09:15:00", "2026-11-22T09:15Z"),
        ("2026-11-22T09:29:59.999999", "2026-11-22T09:15Z"),
        ("2026-11-22T00:00:00", "2026-11-22T00:00Z"),
    ],
)
def test_each_quarter_of_an_hour_has_one_slot(moment: str, name: str) -> None:
    assert EveryMinutes(15).latest(utc(moment)) == Slot(name, utc(name.removesuffix("Z")))


@pytest.mark.parametrize("day, hours", [(SPRING, 23), (AUTUMN, 25), (date(2026, 11, 22), 24)])
def test_a_day_has_four_quarters_in_each_of_its_hours(day: date, hours: int) -> None:
    bounds = business_day(day, MADRID)
    minutes = int((bounds.ends_at - bounds.starts_at) / timedelta(minutes=1))
    slots = {
        EveryMinutes(15).latest((bounds.starts_at + timedelta(minutes=n)).astimezone(MADRID)).name
        for n in range(minutes)
    }
    assert len(slots) == hours * 4


@pytest.mark.parametrize(
    "day, due_at",
    [
        (SPRING - timedelta(days=1), "2026-03-28T08:00"),
        (SPRING, "2026-03-29T07:00"),
        (AUTUMN - timedelta(days=1), "2026-10-24T07:00"),
        (AUTUMN, "2026-10-25T08:00"),
    ],
)
def test_a_daily_slot_follows_local_time_across_clock_changes(day: date, due_at: str) -> None:
    schedule, due = DailyAt(NINE, MADRID), utc(due_at)
    assert schedule.latest(due) == Slot((day - timedelta(days=1)).isoformat(), due)
    assert schedule.latest(due - timedelta(microseconds=1)).due_at < due


def test_a_skipped_local_time_is_due_that_much_later() -> None:
    slot = DailyAt(time(2, 30), MADRID).latest(utc("2026-03-29T12:00"))
    assert slot == Slot("2026-03-28", utc("2026-03-29T01:30"))


def test_of_a_repeated_local_time_the_first_counts() -> None:
    schedule = DailyAt(time(2, 30), MADRID)
    first, second = utc("2026-10-25T00:30"), utc("2026-10-25T01:30")
    assert schedule.latest(first) == schedule.latest(second) == Slot("2026-10-24", first)


@given(moment=moments, schedule=st.sampled_from([EveryMinutes(15), DailyAt(NINE, MADRID)]))
def test_the_latest_slot_is_never_in_the_future_and_leaves_no_gap(
    moment: datetime, schedule: EveryMinutes | DailyAt
) -> None:
    before, latest = latest_slots(schedule, moment, count=2)
    assert before.due_at < latest.due_at <= moment
    assert latest.due_at - before.due_at <= timedelta(hours=25)
    assert schedule.latest(latest.due_at) == latest


def test_the_latest_slots_are_in_order_one_per_date() -> None:
    slots = latest_slots(DailyAt(NINE, MADRID), utc("2026-03-30T12:00"), count=3)
    assert [slot.name for slot in slots] == ["2026-03-27", "2026-03-28", "2026-03-29"]
