"""A bad setting is named in one sentence, and its value is not."""

import pytest

from app.core.errors import SettingsError
from app.core.settings import Settings
from tests.conftest import SECRETS

GOOD = SECRETS | {
    "DATABASE_URL": "postgresql://user@host/database",
    "CELERY_BROKER_URL": "redis://host/0",
}


def test_good_settings_have_their_defaults() -> None:
    settings = Settings.load(GOOD)

    assert settings.max_attempts == 10
    assert settings.database_url == "postgresql+psycopg://user@host/database"


def test_an_empty_variable_counts_as_unset() -> None:
    assert Settings.load(GOOD | {"PORT": ""}).port == 3001


@pytest.mark.parametrize(
    "name, value",
    [
        ("DATABASE_URL", "not a url"),
        ("DATABASE_URL", "mysql://host/database"),
        ("PORT", "99999"),
        ("AUTOMATION_MAX_ATTEMPTS", "0"),
        ("AUTOMATION_TIMEZONE", "Mars/Olympus"),
        ("AUTOMATION_ENCRYPTION_KEYS", "hunter2-secret"),
        ("AUTOMATION_SECRET_KEY", "hunter2-secret"),
        ("WHATSAPP_PHONE_NUMBER_ID", "hunter2-secret"),
    ],
)
def test_a_malformed_setting_is_named_and_its_value_kept_quiet(name: str, value: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.load(GOOD | {name: value})

    sentence = str(caught.value)
    assert sentence.startswith(f"The setting {name} is malformed: ")
    assert "hunter2" not in sentence


def test_a_missing_setting_is_named() -> None:
    with pytest.raises(SettingsError, match="CELERY_BROKER_URL is missing"):
        Settings.load({name: text for name, text in GOOD.items() if name != "CELERY_BROKER_URL"})
