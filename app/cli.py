"""The command line of production: processes, migrations, admins, kept webhooks."""

import os
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager

import click
import structlog
from sqlalchemy.exc import SQLAlchemyError

from app.accounts import open_container, open_session, tokens, users
from app.bootstrap import build
from app.core.errors import AutomationError
from app.core.schema import migrate as migrate_database
from app.core.settings import Settings
from app.identity.models import Role
from app.identity.users import create_user, ensure_first_admin
from app.inbound.take_in import take_in_again
from app.processes import PROCESSES, command_of


@click.group()
def automation() -> None:
    """Automation Center: events in, inbox items out, once each."""


automation.add_command(users)
automation.add_command(tokens)


@automation.command()
@click.argument("process", type=click.Choice(PROCESSES))
def start(process: str) -> None:
    """Become one process of the product."""
    Settings.load()
    arguments = command_of(process, os.environ)
    os.execv(arguments[0], arguments)  # noqa: S606 - the arguments are our own


@automation.command()
def migrate() -> None:
    """Bring the database up to date, as its owner; make the first admin if one is named.

    One is named by AUTOMATION_ADMIN_PASSWORD, and AUTOMATION_ADMIN_USERNAME unless `admin`.
    """
    settings = Settings.load()
    migrate_database(settings)
    if settings.admin_password is not None:
        _ensure_admin(settings)


@automation.command()
@click.argument("username")
@click.password_option(help="Asked for if not given.")
def create_admin(username: str, password: str) -> None:
    """Create an admin; the same as `users create`, which makes up a password."""
    with open_session() as session:
        create_user(session, username=username, password=password, role=Role.ADMIN)
    click.echo(f"{username} may sign in.")


@automation.group()
def webhooks() -> None:
    """Work with what WhatsApp sent and an earlier release could not use."""


@webhooks.command()
@click.option("--kind", help="Only this kind, as its inbox item names it; else all.")
def replay(kind: str | None) -> None:
    """Take in again what is kept in quarantine; what is still not understood stays there."""
    with open_container() as container:
        taken = take_in_again(container.inbound, kind=kind)
    click.echo(f"Taken in: {taken.used}. Still kept: {taken.kept}.")


@contextmanager
def one_sentence_errors() -> Iterator[None]:
    """End the program with one sentence on stderr and exit code 1 where it can't go on."""
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


def _ensure_admin(settings: Settings) -> None:
    with (
        closing(build(settings, process="migrate")) as container,
        container.sessions.begin() as session,
    ):
        ensure_first_admin(session, settings)


def _reason(error: SQLAlchemyError) -> str:
    """Return the server's own first line, without the statement and its parameters."""
    original = getattr(error, "orig", None) or error
    return str(original).strip().partition("\n")[0].rstrip(".")


if __name__ == "__main__":
    main()
