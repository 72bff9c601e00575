"""Which moment a choice or a time means, in business hours of Madrid."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from app.core.errors import InvalidInput
from app.inbox.deadlines import MOST_DAYS, BusinessHours, Choice, moment_of, parse_moment

MADRID = ZoneInfo("Europe/Madrid")
HOURS = BusinessHours(time(9), time(18), MADRID)
THURSDAY = datetime(2026, 11, 26, 15, 0, tzinfo=MADRID)


@pytest.mark.parametrize(
    "choice, now, expected",
    [
        (Choice.IN_15_MINUTES, THURSDAY, "2026-11-26T15:15"),
        (Choice.IN_1_HOUR, THURSDAY, "2026-11-26T16:00"),
        (Choice.IN_4_HOURS, THURSDAY, "2026-11-26T19:00"),
        (Choice.END_OF_DAY, THURSDAY, "2026-11-26T18:00"),
        (Choice.END_OF_DAY, THURSDAY.replace(hour=18), "2026-11-27T18:00"),
        (Choice.END_OF_DAY, THURSDAY.replace(day=27, hour=19), "2026-11-30T18:00"),
        (Choice.NEXT_DAY, THURSDAY, "2026-11-27T09:00"),
        (Choice.NEXT_DAY, THURSDAY.replace(hour=0, minute=1), "2026-11-27T09:00"),
        (Choice.NEXT_DAY, THURSDAY.replace(day=28), "2026-11-30T09:00"),
    ],
)
def test_a_choice_is_a_moment(choice: Choice, now: datetime, expected: str) -> None:
    found = moment_of(choice, now=now.astimezone(UTC), hours=HOURS)
    assert found == datetime.fromisoformat(expected).replace(tzinfo=MADRID)


def test_a_business_day_ends_at_the_same_time_of_day_when_the_clocks_change() -> None:
    friday = datetime(2026, 10, 23, 20, 0, tzinfo=MADRID)
    found = moment_of(Choice.END_OF_DAY, now=friday.astimezone(UTC), hours=HOURS)
    assert found.astimezone(UTC) == datetime(2026, 10, 26, 17, 0, tzinfo=UTC)


@pytest.mark.parametrize("text", ["2026-11-26T17:30:00+01:00", "2026-11-26T16:30:00Z"])
def test_a_time_with_its_offset_is_understood(text: str) -> None:
    found = parse_moment(text, now=THURSDAY, hours=HOURS)
    assert found == datetime(2026, 11, 26, 16, 30, tzinfo=UTC)


def test_a_choice_is_understood() -> None:
    assert parse_moment("1h", now=THURSDAY, hours=HOURS) == THURSDAY + timedelta(hours=1)


@pytest.mark.parametrize(
    "text, reason",
    [
        ("soon", "one of 15m, 1h, 4h, end_of_day, next_day"),
        ("2026-11-26T17:30:00", "with its offset"),
        ("2026-11-26T15:00:00+01:00", "in the future"),
        ("2026-12-26T15:00:01+01:00", f"within {MOST_DAYS} days"),
        ("9999-12-31T23:59:59Z", f"within {MOST_DAYS} days"),
        ("0001-01-01T00:00:00+14:00", "in the future"),
    ],
)
def test_another_text_or_a_time_out_of_range_is_refused(text: str, reason: str) -> None:
    with pytest.raises(InvalidInput, match=reason) as refused:
        parse_moment(text, now=THURSDAY, hours=HOURS)
    assert refused.value.field == "until"
