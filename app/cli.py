"""The command line: `automation local`, `migrate`, `start`."""

import os
import sys

import click

from app.core.errors import AutomationError
from app.core.schema import migrate as migrate_database
from app.core.settings import Settings
from app.procfile import ROOT, commands, shell


@click.group()
def automation() -> None:
    """Automation Center: events in, inbox items out, once each."""


@automation.command()
def local() -> None:
    """Run the whole product on this machine until Ctrl-C."""
    # Imported here: a production installation carries no embedded servers.
    from app.local.stack import run_local  # noqa: PLC0415

    run_local()


@automation.command()
def migrate() -> None:
    """Bring the database up to date, as its owner."""
    migrate_database(Settings.load())


@automation.command()
@click.argument("process", type=click.Choice(list(commands())))
def start(process: str) -> None:
    """Become one process of the Procfile."""
    Settings.load()
    os.chdir(ROOT)
    arguments = shell(commands()[process])
    os.execv(arguments[0], arguments)  # noqa: S606 - the line comes from our own Procfile


def main() -> None:
    """Run the command line; what it refuses is one sentence on stderr and exit code 1."""
    try:
        automation()
    except AutomationError as error:
        click.echo(str(error), err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
