"""The command: choose the stack, run the drills, write the proof pack."""

import os
from contextlib import AbstractContextManager
from pathlib import Path

from devtools.drills.drills import Drill, drills_named
from devtools.drills.run_drills import own_target, run, running_target, write
from devtools.drills.target import DrillTarget
from devtools.stack.environment import data_folder
from devtools.stack.running import is_running


def run_named_drills(
    names: tuple[str, ...], *, against: Path | None, own: bool, output: Path | None
) -> bool:
    """Run the drills of these names and write the proof pack; return whether all passed.

    Without names, all drills run against a separate stack. Named drills run against the
    stack of `against`, otherwise against the stack of the data folder if it is running.
    """
    drills = drills_named(names)
    with _target(drills, against=against, own=own or not names) as target:
        pack = run(target, drills)
        write(pack, output or data_folder(os.environ))
    return pack.passed


def _target(
    drills: tuple[Drill, ...], *, against: Path | None, own: bool
) -> AbstractContextManager[DrillTarget]:
    if against is not None:
        return running_target(against, drills)
    folder = data_folder(os.environ)
    if own or any(drill.needs_own_stack for drill in drills) or not is_running(folder):
        return own_target()
    return running_target(folder, drills)
