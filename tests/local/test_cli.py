"""The command line, as a person or a container calls it."""

import os
import subprocess
import sys
from collections.abc import Callable

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from app.bootstrap import Container
from app.core.settings import Settings

Automation = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def automation(settings: Settings) -> Automation:
    environ = dict(os.environ)
    for variable, name in settings.variables().items():
        value = getattr(settings, name)
        environ[variable] = "" if value is None else _text(value)

    def run(*arguments: str, **changes: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "app.cli", *arguments],
            env=environ | changes,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


def _text(value: object) -> str:
    if isinstance(value, tuple):
        return ",".join(_text(each) for each in value)
    return value.get_secret_value() if isinstance(value, SecretStr) else str(value)


def test_migrating_twice_changes_nothing(automation: Automation) -> None:
    assert automation("migrate").returncode == 0
    assert automation("migrate").returncode == 0


def test_an_unreachable_database_is_one_sentence(automation: Automation) -> None:
    gone = "postgresql://someone:hunter2@127.0.0.1:9/x"
    done = automation("migrate", DATABASE_URL=gone, DATABASE_OWNER_URL=gone)
    assert done.returncode == 1
    assert done.stderr.startswith("The database can't be used: connection failed")
    assert done.stderr.count("\n") == 1
    assert "hunter2" not in done.stderr


def test_an_admin_can_be_created(automation: Automation, container: Container) -> None:
    done = automation("create-admin", "ada", "--password", "a long and lovely password")
    assert (done.returncode, done.stdout) == (0, "ada may sign in.\n")
    with container.sessions.begin() as session:
        assert session.scalar(text("SELECT role FROM cc_users WHERE username = 'ada'")) == "admin"


def test_a_process_is_refused_with_one_sentence_if_a_setting_is_malformed(
    automation: Automation,
) -> None:
    done = automation("start", "web", PORT="many")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("The setting PORT is malformed")
