"""The command line, as a person or a container calls it."""

import os
import subprocess
import sys
from collections.abc import Callable

import pytest
from sqlalchemy import text

from app.bootstrap import Container
from app.core.clock import utc_now
from app.core.settings import Settings
from app.identity.tokens import verify_token
from tests.environment import environment_of

PASSWORD = "a long and lovely password"

Automation = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def automation(settings: Settings) -> Automation:
    environ = os.environ | environment_of(settings)

    def run(*arguments: str, typed: str = "", **changes: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "app.cli", *arguments],
            env=environ | changes,
            input=typed,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


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
    done = automation("create-admin", "ada", "--password-stdin", typed=f"{PASSWORD}\n")
    assert (done.returncode, done.stdout) == (0, "ada may sign in.\n")
    with container.sessions.begin() as session:
        assert session.scalar(text("SELECT role FROM cc_users WHERE username = 'ada'")) == "admin"


@pytest.mark.parametrize(
    "command", [["create-admin"], ["users", "create"], ["users", "reset-password"]]
)
def test_no_command_takes_a_password_that_the_process_list_would_show(
    automation: Automation, command: list[str]
) -> None:
    done = automation(*command, "ada", "--password", PASSWORD)
    assert done.returncode == 2
    assert "--password-stdin" in done.stderr


def test_a_weak_password_on_standard_input_is_refused(automation: Automation) -> None:
    for typed in ("", "short\n"):
        done = automation("users", "create", "ada", "--password-stdin", typed=typed)
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr == "A password must have 12 to 256 characters.\n"


def test_users_are_created_listed_reset_and_revoked(automation: Automation) -> None:
    made = automation("users", "create", "ada", "--role", "agent")
    assert "shown this once" in made.stdout
    reset = automation("users", "reset-password", "ada")
    assert reset.stdout.startswith("ada has a new password. The password, shown this once: ")
    assert automation("users", "list").stdout == "ada\tagent\tactive\n"
    assert automation("users", "revoke", "ada").returncode == 0
    assert automation("users", "list").stdout == "ada\tagent\trevoked\n"


def test_tokens_are_created_listed_and_revoked(
    automation: Automation, container: Container
) -> None:
    automation("users", "create", "bot")
    made = automation(
        *("tokens", "create", "bot", "prometheus"), *("--days", "30", "--scope", "metrics")
    )
    secret = made.stdout.split()[-1]
    with container.sessions.begin() as session:
        assert verify_token(session, secret, now=utc_now()) is not None
    listed = automation("tokens", "list").stdout
    assert listed.startswith("1\tbot\tprometheus\tactive\tmetrics\tuntil 20")
    assert "\tused 20" in listed
    assert secret not in listed
    automation("tokens", "revoke", "1")
    with container.sessions.begin() as session:
        assert verify_token(session, secret, now=utc_now()) is None


def test_an_unknown_user_is_one_sentence(automation: Automation) -> None:
    done = automation("users", "reset-password", "nobody")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("There is no user nobody")


def test_without_a_database_the_command_names_the_setting(automation: Automation) -> None:
    done = automation("users", "list", DATABASE_URL="")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("The setting DATABASE_URL is missing")


def test_migrate_makes_the_first_admin_that_is_named(
    automation: Automation, container: Container
) -> None:
    named = {
        "AUTOMATION_ADMIN_USERNAME": "root",
        "AUTOMATION_ADMIN_PASSWORD": "a long and lovely password",
    }
    for _ in range(2):
        assert automation("migrate", **named).returncode == 0
    with container.sessions.begin() as session:
        assert list(session.scalars(text("SELECT username FROM cc_users"))) == ["root"]


def test_a_process_is_refused_with_one_sentence_if_a_setting_is_malformed(
    automation: Automation,
) -> None:
    done = automation("start", "web", PORT="many")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("The setting PORT is malformed")


def test_flower_is_refused_without_a_password(automation: Automation) -> None:
    done = automation("start", "flower", FLOWER_BASIC_AUTH="")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "FLOWER_BASIC_AUTH is missing; set it to user:password.\n"
