"""The command line of production: processes, migrations, accounts, quarantined webhooks."""

import os
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager

import click
import structlog
from sqlalchemy.exc import SQLAlchemyError

from app.accounts import (
    from_stdin,
    open_container,
    open_session,
    read_password,
    tokens,
    users,
)
from app.bootstrap import build
from app.core.errors import AutomationError
from app.core.schema import migrate as migrate_database
from app.core.settings import Settings
from app.identity.roles import Role
from app.identity.users import create_user, ensure_first_admin
from app.inbound.take_in import take_in_again
from app.processes import PROCESSES, command_of


@click.group()
def automation() -> None:
    """Automation Center: turns events into inbox items."""


automation.add_command(users)
automation.add_command(tokens)


@automation.command()
@click.argument("process", type=click.Choice(PROCESSES))
def start(process: str) -> None:
    """Run one process of the product in place of this one."""
    Settings.load()
    arguments = command_of(process, os.environ)
    os.execv(arguments[0], arguments)  # noqa: S606 - the arguments are our own


@automation.command()
def migrate() -> None:
    """Upgrade the database schema as its owner, and create the first admin if asked to.

    AUTOMATION_ADMIN_PASSWORD asks for one. Its name is AUTOMATION_ADMIN_USERNAME, or `admin`.
    """
    settings = Settings.load()
    migrate_database(settings)
    if settings.admin_password is not None:
        _ensure_admin(settings)


@automation.command()
@click.argument("username")
@from_stdin
def create_admin(username: str, *, is_on_stdin: bool) -> None:
    """Create an admin. Unlike `users create`, this asks for the password."""
    password = read_password() if is_on_stdin else _asked_password()
    with open_session() as session:
        create_user(session, username=username, password=password, role=Role.ADMIN)
    click.echo(f"{username} may sign in.")


@automation.group()
def webhooks() -> None:
    """Process webhook parts that an earlier release did not understand."""


@webhooks.command()
@click.option("--kind", help="Only this kind, as named in its inbox item. Default: all.")
def replay(kind: str | None) -> None:
    """Process quarantined webhook parts again. Parts that still can't be used stay there."""
    with open_container() as container:
        taken = take_in_again(container.inbound, kind=kind)
    click.echo(f"Processed: {taken.used}. Still in quarantine: {taken.kept}.")


@contextmanager
def one_sentence_errors() -> Iterator[None]:
    """Print an expected error as one sentence on stderr, and exit with code 1."""
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    try:
        yield
    except AutomationError as error:
        click.echo(str(error), err=True)
        sys.exit(1)
    except SQLAlchemyError as error:
        click.echo(f"The database can't be used: {_reason(error)}.", err=True)
        sys.exit(1)


def main() -> None:
    """Run the command line."""
    with one_sentence_errors():
        automation()


def _asked_password() -> str:
    return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))


def _ensure_admin(settings: Settings) -> None:
    with (
        closing(build(settings, process="migrate")) as container,
        container.sessions.begin() as session,
    ):
        ensure_first_admin(session, settings)


def _reason(error: SQLAlchemyError) -> str:
    """Return the first line of the server's message, without the statement and its parameters."""
    original = getattr(error, "orig", None) or error
    return str(original).strip().partition("\n")[0].rstrip(".")


if __name__ == "__main__":
    main()
