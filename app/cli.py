"""The command line: the local stack, the processes of production, migrations, admins."""

import os
import sys
from contextlib import closing
from pathlib import Path

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
from app.procfile import ROOT, commands, shell


@click.group()
def automation() -> None:
    """Automation Center: events in, inbox items out, once each."""


automation.add_command(users)
automation.add_command(tokens)


@automation.command()
def local() -> None:
    """Run the whole product on this machine until Ctrl-C."""
    # Imported here: a production installation carries no embedded servers.
    from app.local.stack import run_local  # noqa: PLC0415

    run_local()


@automation.command()
@click.argument("process", type=click.Choice(list(commands())))
def start(process: str) -> None:
    """Become one process of the Procfile."""
    Settings.load()
    os.chdir(ROOT)
    arguments = shell(commands()[process])
    os.execv(arguments[0], arguments)  # noqa: S606 - the line comes from our own Procfile


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


@automation.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--against", type=click.Path(path_type=Path), help="A running stack's data folder.")
@click.option("--own", is_flag=True, help="Play on a stack of its own, even if one runs.")
@click.option("--output", type=click.Path(path_type=Path), help="Folder for the proof pack.")
def drill(names: tuple[str, ...], against: Path | None, own: bool, output: Path | None) -> None:  # noqa: FBT001 - click passes flags by position
    """Play the proof pack, or drills of it, and show the evidence."""
    from app.local.drills.command import run_drills  # noqa: PLC0415 - as above

    if not run_drills(names, against=against, own=own, output=output):
        sys.exit(1)


def main() -> None:
    """Run the command line; what it can't do is one sentence on stderr and exit code 1."""
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    try:
        automation()
    except AutomationError as error:
        click.echo(str(error), err=True)
        sys.exit(1)
    except SQLAlchemyError as error:
        click.echo(f"The database can't be used: {_reason(error)}.", err=True)
        sys.exit(1)


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
