"""Gives another account execute permission on folders while a server runs, then restores them.

Only root needs this. PostgreSQL refuses to run as root, so it runs as another account, which
may lack execute permission on the folders above its data and above its programs.
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

from devtools.stack.programs import ProcessError


@dataclass(frozen=True, slots=True)
class FolderAccess:
    """The folders that one server needs. Several servers may need the same folder.

    A record file holds the original mode of each folder that was changed. Each server holds
    a shared lock on the record file. The last one restores the mode. After a crash the record
    file remains, so that the next server restores the mode.
    """

    _locked: dict[Path, int] = field(default_factory=dict)
    """The descriptor of the locked record file, by folder."""

    def grant(self, *paths: Path) -> None:
        """Give everyone execute permission on each folder above `paths` that lacks it.

        Execute permission lets an account reach files in a folder, not list them.
        """
        with _locked_records() as records:
            for folder in {folder for path in paths for folder in path.parents} - set(self._locked):
                self._grant(folder, _record_of(records, folder))

    def restore(self) -> None:
        """Restore the mode of each folder that no other server needs."""
        if not self._locked:
            return
        with _locked_records() as records:
            for folder, handle in self._locked.items():
                _restore(folder, _record_of(records, folder), handle)
        self._locked.clear()

    def _grant(self, folder: Path, record: Path) -> None:
        mode = stat.S_IMODE(folder.stat().st_mode)
        if mode & stat.S_IXOTH and not record.exists():
            return
        if not mode & stat.S_IXOTH:
            record.write_text(str(mode))
            folder.chmod(mode | stat.S_IXOTH)
        handle = os.open(record, os.O_RDONLY)
        fcntl.flock(handle, fcntl.LOCK_SH)
        self._locked[folder] = handle


def _restore(folder: Path, record: Path, handle: int) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if folder.exists():
            folder.chmod(int(record.read_text()))
        record.unlink()
    except BlockingIOError:
        pass  # another server needs the folder; it will restore the mode
    finally:
        os.close(handle)


@contextmanager
def _locked_records() -> Iterator[Path]:
    """Yield the folder of the record files, locked against other processes."""
    records = Path(tempfile.gettempdir()) / f"automation-folder-access-{os.geteuid()}"
    records.mkdir(mode=0o700, exist_ok=True)
    status = records.lstat()
    if status.st_uid != os.geteuid() or not stat.S_ISDIR(status.st_mode):
        raise ProcessError(f"{records} belongs to another user or is no folder; remove it.")
    handle = os.open(records, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield records
    finally:
        os.close(handle)


def _record_of(records: Path, folder: Path) -> Path:
    return records / hashlib.sha256(os.fsencode(folder)).hexdigest()
