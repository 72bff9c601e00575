"""The slots of a window follow each other, and the last one contains the moment."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.reports.windows import Window, slots_of

NOW = datetime(2026, 11, 22, 12, 34, 56, tzinfo=UTC)
ZONES = st.sampled_from(["UTC", "Europe/Madrid", "America/Havana", "Asia/Kolkata"]).map(ZoneInfo)
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - the strategy adds the zone


@given(st.sampled_from(Window), MOMENTS, ZONES)
def test_slots_have_no_gap_and_the_last_one_contains_the_moment(
    window: Window, now: datetime, zone: ZoneInfo
) -> None:
    slots = slots_of(window, now, zone)
    assert all(earlier.ends_at == later.starts_at for earlier, later in pairwise(slots))
    assert slots[-1].starts_at <= now < slots[-1].ends_at


@pytest.mark.parametrize("window, count", [(Window.DAY, 24), (Window.TWO_WEEKS, 14), ("30d", 30)])
def test_a_window_has_a_slot_for_each_hour_or_date(window: str, count: int) -> None:
    assert len(slots_of(Window(window), NOW, ZoneInfo("UTC"))) == count


def test_a_date_has_23_or_25_hours_when_the_clocks_change() -> None:
    after = datetime(2026, 10, 26, 12, tzinfo=UTC)
    slots = slots_of(Window.TWO_WEEKS, after, ZoneInfo("Europe/Madrid"))
    assert slots[-2].ends_at - slots[-2].starts_at == timedelta(hours=25)
