"""When beat sends the periodic jobs, and which settings change that."""

from datetime import time
from typing import Any

import pytest
from celery.schedules import crontab

from app.core.errors import SettingsError
from app.core.settings import Settings
from beat_schedule import beat_schedule
from tests.conftest import SECRETS

GOOD = SECRETS | {
    "DATABASE_URL": "postgresql://user@host/database",
    "CELERY_BROKER_URL": "redis://host/0",
}


def planned(**settings: str) -> dict[str, Any]:
    entries = beat_schedule(Settings.load(GOOD | settings)).values()
    return {entry["task"]: entry["schedule"] for entry in entries}


def test_beat_sends_otp_stuck_every_15_minutes_and_daily_summary_at_nine() -> None:
    schedule = planned()
    assert schedule["periodic.otp_stuck"] == crontab(minute="*/15")
    assert schedule["periodic.daily_summary"] == crontab(hour=9, minute=0)


def test_settings_can_shorten_the_schedule() -> None:
    schedule = planned(AUTOMATION_OTP_STUCK_EVERY_MINUTES="1", AUTOMATION_DAILY_SUMMARY_AT="14:37")
    assert schedule["periodic.otp_stuck"] == crontab(minute="*/1")
    assert schedule["periodic.daily_summary"] == crontab(hour=14, minute=37)


def test_a_time_of_day_is_parsed() -> None:
    settings = Settings.load(GOOD | {"AUTOMATION_DAILY_SUMMARY_AT": "00:05"})
    assert settings.daily_summary_at == time(0, 5)


@pytest.mark.parametrize(
    "name, value",
    [
        ("OTP_STUCK_EVERY_MINUTES", "7"),
        ("OTP_STUCK_EVERY_MINUTES", "0"),
        ("OTP_STUCK_EVERY_MINUTES", "120"),
        ("DAILY_SUMMARY_AT", "nine"),
        ("DAILY_SUMMARY_AT", "25:00"),
        ("DAILY_SUMMARY_AT", "09:00:30"),
        ("DAILY_SUMMARY_AT", "09:00Z"),
    ],
)
def test_an_impossible_schedule_is_refused_with_the_name_of_the_setting(
    name: str, value: str
) -> None:
    with pytest.raises(SettingsError, match=f"The setting AUTOMATION_{name} is malformed: "):
        Settings.load(GOOD | {f"AUTOMATION_{name}": value})
