"""Settings from the environment. An error names the setting but not its value."""

from collections.abc import Callable
from pathlib import Path

import pytest

from app.core.errors import SettingsError
from app.core.settings import Settings
from tests.conftest import SECRETS

GOOD = SECRETS | {
    "DATABASE_URL": "postgresql://user@host/database",
    "CELERY_BROKER_URL": "redis://host/0",
}

LOCAL = GOOD | {
    "DATABASE_URL": "postgresql://user@localhost/database",
    "CELERY_BROKER_URL": "redis+socket:///run/redis.sock",
    "AUTOMATION_TRUST_ROLE_HEADER": "1",
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
def test_a_malformed_setting_is_named_without_its_value(name: str, value: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.load(GOOD | {name: value})

    sentence = str(caught.value)
    assert sentence.startswith(f"The setting {name} is malformed: ")
    assert "hunter2" not in sentence


def test_a_misspelt_setting_of_ours_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.load(GOOD | {"AUTOMATION_NOTFY": "hunter2"})

    sentence = "There is no setting AUTOMATION_NOTFY; the nearest name is AUTOMATION_NOTIFY."
    assert str(caught.value) == sentence


def test_other_programs_may_have_settings_of_their_own() -> None:
    assert Settings.load(GOOD | {"HOME": "/home/user", "PORTAL": "x"}).port == 3001


@pytest.mark.parametrize("name", ["notify", "NOTIFY", "automation_notify"])
def test_a_name_in_another_case_or_without_its_prefix_has_no_effect(name: str) -> None:
    assert Settings.load(GOOD | {name: "no"}).notify


def test_a_given_environment_is_the_only_one_that_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTOMATION_NOTIFY", "no")
    assert Settings.load(GOOD).notify


@pytest.mark.parametrize("form", [repr, str])
def test_settings_show_no_secret(form: Callable[[object], str]) -> None:
    url = "postgresql://user:hunter2@host/database"
    urls = dict.fromkeys(("DATABASE_URL", "DATABASE_OWNER_URL"), url)
    broker = {"CELERY_BROKER_URL": "redis://:hunter2@host/0"}
    settings = Settings.load(
        GOOD | urls | broker | {"AUTOMATION_ADMIN_PASSWORD": "hunter2-hunter2"}
    )
    shown = form(settings)
    hidden = ("KEY", "TOKEN", "APP_SECRET")
    secrets = [text for name, text in SECRETS.items() if name.partition("_")[2].endswith(hidden)]
    assert not [secret for secret in [*secrets, "hunter2"] if secret in shown]
    assert SECRETS["AUTOMATION_ENCRYPTION_KEYS"] not in shown


def test_a_missing_setting_is_named() -> None:
    with pytest.raises(SettingsError, match="CELERY_BROKER_URL is missing"):
        Settings.load({name: text for name, text in GOOD.items() if name != "CELERY_BROKER_URL"})


HEX_TWICE = "0123456789abcdef" * 2


@pytest.mark.parametrize(
    "changes, sentence",
    [
        ({"WHATSAPP_APP_SECRET": "x"}, "The setting WHATSAPP_APP_SECRET is too short"),
        ({"WHATSAPP_VERIFY_TOKEN": "hunter2"}, "The setting WHATSAPP_VERIFY_TOKEN is too short"),
        (
            {
                "WHATSAPP_APP_SECRET": "hunter2-of-all-the-tests",
                "WHATSAPP_ACCESS_TOKEN": "hunter2-of-all-the-tests",
            },
            "The settings WHATSAPP_APP_SECRET and WHATSAPP_ACCESS_TOKEN are equal",
        ),
        (
            {"AUTOMATION_SECRET_KEY": SECRETS["AUTOMATION_ENCRYPTION_KEYS"]},
            "The settings AUTOMATION_SECRET_KEY and AUTOMATION_ENCRYPTION_KEYS are equal",
        ),
        (
            {"AUTOMATION_ENCRYPTION_KEYS": ",".join([SECRETS["AUTOMATION_ENCRYPTION_KEYS"]] * 2)},
            "The setting AUTOMATION_ENCRYPTION_KEYS has a key twice",
        ),
        (
            {"WHATSAPP_API_BASE_URL": "http://provider.example/v26.0"},
            "The setting WHATSAPP_API_BASE_URL must begin with https://",
        ),
    ],
)
def test_production_refuses_weak_secrets_and_a_provider_in_clear(
    changes: dict[str, str], sentence: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.load(GOOD | changes)
    assert str(caught.value).startswith(sentence)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "name, value",
    [
        ("WHATSAPP_ACCESS_TOKEN", "a" * 40),
        ("WHATSAPP_APP_SECRET", "password12345678"),
        ("WHATSAPP_APP_SECRET", "secretsecret1234"),
        ("WHATSAPP_APP_SECRET", "1234567890123456"),
        ("WHATSAPP_VERIFY_TOKEN", "verify-token"),
        ("AUTOMATION_SECRET_KEY", HEX_TWICE),
        ("AUTOMATION_SECRET_KEY", "changeme-changeme-changeme-changeme"),
        ("AUTOMATION_ADMIN_PASSWORD", "password1234"),
    ],
)
def test_production_refuses_a_secret_that_can_be_guessed(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"The setting {name} is easy to guess"):
        Settings.load(GOOD | {name: value})
    Settings.load(LOCAL | {name: value})


@pytest.mark.parametrize(
    "address",
    [
        "user:hunter2@database/db?",
        "user@/db?host=db.example.com&",
        "user@localhost/db?hostaddr=10.0.0.5&",
        "user@/db?host=localhost,db.example.com&",
        "user@localhost,db.example.com/db?",
        "user@/db?host=127.0.0.1:5432&host=db.example.com:5432&",
    ],
)
def test_a_database_elsewhere_needs_tls_and_is_no_local_stack(address: str) -> None:
    given = {"DATABASE_URL": f"postgresql://{address}sslmode=disable"}
    with pytest.raises(SettingsError, match="The setting DATABASE_URL must not disable TLS"):
        Settings.load(GOOD | given)
    with pytest.raises(SettingsError, match="for the local stack alone; DATABASE_URL is elsewhere"):
        Settings.load(LOCAL | given)


@pytest.mark.parametrize(
    "address",
    [
        *("user@127.0.0.1/db?", "user@localhost:5432/db?", "user@[::1]:5432/db?"),
        *("user@/db?host=/run/postgresql&", "user@/db?host=::1&", "user@/db?host=localhost:54&"),
    ],
)
def test_a_database_on_this_machine_may_be_reached_in_clear(address: str) -> None:
    given = {"DATABASE_URL": f"postgresql://{address}sslmode=disable"}
    assert not Settings.load(GOOD | given).trust_role_header
    assert Settings.load(LOCAL | given).trust_role_header


@pytest.mark.parametrize(
    "changes",
    [
        {"WHATSAPP_API_BASE_URL": "https://graph.facebook.com/v26.0"},
        {"WHATSAPP_API_BASE_URL": ""},
        {"CELERY_BROKER_URL": "redis://broker.example/0"},
        {"DATABASE_OWNER_URL": "postgresql://owner@db.example/db"},
    ],
)
def test_the_role_header_is_refused_outside_the_local_stack(changes: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match="AUTOMATION_TRUST_ROLE_HEADER is for the local stack"):
        Settings.load(LOCAL | changes)


def test_a_secret_may_stand_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("a secret that stands in a file\n")
    given = {name: value for name, value in GOOD.items() if name != "WHATSAPP_APP_SECRET"}
    settings = Settings.load(given | {"WHATSAPP_APP_SECRET_FILE": str(path)})
    assert settings.whatsapp_app_secret.get_secret_value() == "a secret that stands in a file"


def test_a_file_that_gives_no_secret_is_refused_with_one_sentence(tmp_path: Path) -> None:
    given = {name: value for name, value in GOOD.items() if name != "AUTOMATION_SECRET_KEY"}
    (tmp_path / "empty").touch()
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    said = {
        "missing": "can't be read: No such file or directory.",
        "empty": "is empty.",
        "binary": "can't be read: it is not a text.",
    }
    for name, sentence in said.items():
        with pytest.raises(SettingsError) as caught:
            Settings.load(given | {"AUTOMATION_SECRET_KEY_FILE": str(tmp_path / name)})
        assert str(caught.value) == f"The file of AUTOMATION_SECRET_KEY_FILE {sentence}"


def test_a_secret_that_is_given_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("hunter2")
    with pytest.raises(SettingsError, match="Both AUTOMATION_SECRET_KEY and") as caught:
        Settings.load(GOOD | {"AUTOMATION_SECRET_KEY_FILE": str(path)})
    assert "hunter2" not in str(caught.value)
