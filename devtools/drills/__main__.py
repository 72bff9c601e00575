"""`python -m devtools.drills`: play the proof pack, or drills of it, and show the evidence."""

import sys
from pathlib import Path

import click

from app.cli import one_sentence_errors
from devtools.drills.command import run_drills


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--against", type=click.Path(path_type=Path), help="A running stack's data folder.")
@click.option("--own", is_flag=True, help="Play on a stack of its own, even if one runs.")
@click.option("--output", type=click.Path(path_type=Path), help="Folder for the proof pack.")
def drill(names: tuple[str, ...], against: Path | None, own: bool, output: Path | None) -> None:  # noqa: FBT001 - click passes flags by position
    """Play the proof pack, or drills of it, and show the evidence."""
    if not run_drills(names, against=against, own=own, output=output):
        sys.exit(1)


with one_sentence_errors():
    drill()
