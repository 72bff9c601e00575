"""When a business day begins and ends, also when the clocks change."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest

from app.reports.business_day import business_day, date_in

MADRID = ZoneInfo("Europe/Madrid")
SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)


@pytest.mark.parametrize("day, hours", [(SPRING, 23), (AUTUMN, 25), (date(2026, 11, 22), 24)])
def test_a_business_day_lasts_as_long_as_the_clocks_make_it(day: date, hours: int) -> None:
    bounds = business_day(day, MADRID)
    assert bounds.ends_at - bounds.starts_at == timedelta(hours=hours)
    assert date_in(MADRID, bounds.starts_at) == day
    assert date_in(MADRID, bounds.ends_at) == day + timedelta(days=1)


def test_days_follow_each_other_without_a_gap_even_if_midnight_is_skipped() -> None:
    havana = ZoneInfo("America/Havana")
    days = [business_day(date(2026, 3, 7) + timedelta(days=n), havana) for n in range(3)]
    assert [day.ends_at for day in days[:-1]] == [day.starts_at for day in days[1:]]
    assert days[1].ends_at - days[1].starts_at == timedelta(hours=23)
