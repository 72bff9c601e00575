"""`python -m devtools.drills`: run all drills or the named ones, and print their checks."""

import sys
from pathlib import Path

import click

from app.cli import one_sentence_errors
from devtools.drills.command import run_named_drills


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option(
    "--against", type=click.Path(path_type=Path), help="The data folder of a running stack."
)
@click.option("--own", is_flag=True, help="Start a separate stack, even if one is running.")
@click.option("--output", type=click.Path(path_type=Path), help="Folder for the proof pack.")
def drill(names: tuple[str, ...], against: Path | None, own: bool, output: Path | None) -> None:  # noqa: FBT001 - click passes flags by position
    """Run all drills or the named ones, and print their checks."""
    if not run_named_drills(names, against=against, own=own, output=output):
        sys.exit(1)


with one_sentence_errors():
    drill()
