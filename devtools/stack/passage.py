"""Opens closed folders for another account while a server needs to pass, and closes them after.

Only root needs this: PostgreSQL refuses to run as root, so it runs as an account that may
not enter the folders above its data, nor those above its programs.
"""

import fcntl
import hashlib
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from devtools.stack.processes import ProcessError


@dataclass(frozen=True, slots=True)
class Passage:
    """The folders that one server passes. Several servers may pass the same folder.

    Each holds a shared lock on a note of the folder's former mode. Who finds itself to be
    the last closes the folder. After a crash the note stays, so the next server closes it.
    """

    _held: dict[Path, int] = field(default_factory=dict)

    def open(self, *paths: Path) -> None:
        """Add the right to pass, not to list, to each folder above `paths` that lacks it."""
        with _alone() as notes:
            for folder in {folder for path in paths for folder in path.parents} - set(self._held):
                self._open(folder, _note(notes, folder))

    def close(self) -> None:
        """Restore the mode of each folder that no other server passes."""
        if not self._held:
            return
        with _alone() as notes:
            for folder, handle in self._held.items():
                _close(folder, _note(notes, folder), handle)
        self._held.clear()

    def _open(self, folder: Path, note: Path) -> None:
        mode = stat.S_IMODE(folder.stat().st_mode)
        if mode & stat.S_IXOTH and not note.exists():
            return
        if not mode & stat.S_IXOTH:
            note.write_text(str(mode))
            folder.chmod(mode | stat.S_IXOTH)
        handle = os.open(note, os.O_RDONLY)
        fcntl.flock(handle, fcntl.LOCK_SH)
        self._held[folder] = handle


def _close(folder: Path, note: Path, handle: int) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if folder.exists():
            folder.chmod(int(note.read_text()))
        note.unlink()
    except BlockingIOError:
        pass  # another server still passes; it will close the folder
    finally:
        os.close(handle)


@contextmanager
def _alone() -> Iterator[Path]:
    """Lend the folder of the notes to one process at a time."""
    notes = Path(tempfile.gettempdir()) / f"automation-passage-{os.geteuid()}"
    notes.mkdir(mode=0o700, exist_ok=True)
    status = notes.lstat()
    if status.st_uid != os.geteuid() or not stat.S_ISDIR(status.st_mode):
        raise ProcessError(f"{notes} is not ours; remove it.")
    handle = os.open(notes, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield notes
    finally:
        os.close(handle)


def _note(notes: Path, folder: Path) -> Path:
    return notes / hashlib.sha256(os.fsencode(folder)).hexdigest()
