"""What the command does: choose the stage, play, write, judge."""

import os
from contextlib import AbstractContextManager
from pathlib import Path

from devtools.drills.catalogue import Drill, drills_named
from devtools.drills.play import own_stage, play, running_stage, write
from devtools.drills.stage import Stage
from devtools.stack.environment import data_folder
from devtools.stack.running import is_running


def run_drills(
    names: tuple[str, ...], *, against: Path | None, own: bool, output: Path | None
) -> bool:
    """Play the drills of these names and write the proof pack; return whether all passed.

    Without names, all are played on a stack of their own. Named ones are played on the
    stack of `against`, or on the one that runs in the data folder, if there is one.
    """
    drills = drills_named(names)
    with _stage(drills, against=against, own=own or not names) as stage:
        pack = play(stage, drills)
        write(pack, output or data_folder(os.environ))
    return pack.passed


def _stage(
    drills: tuple[Drill, ...], *, against: Path | None, own: bool
) -> AbstractContextManager[Stage]:
    if against is not None:
        return running_stage(against, drills)
    folder = data_folder(os.environ)
    if own or any(drill.alone for drill in drills) or not is_running(folder):
        return own_stage()
    return running_stage(folder, drills)
