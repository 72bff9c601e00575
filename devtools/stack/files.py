"""The data folder: its lock, which allows one run at a time, and private files."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.core.errors import AutomationError

RUN_FILE = "run.json"
"""The file in the data folder to which a run writes its addresses once it is ready."""


class DataFolderError(AutomationError):
    """The data folder can't be used."""


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Create `folder` if it is missing, and lock it until the end of the block.

    The lock is on the folder itself. It needs no lock file, and the kernel releases it when
    the process ends. Raises DataFolderError if another run holds the lock.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_private(folder / ".writable", "")
        (folder / ".writable").unlink()
    except OSError as error:
        raise DataFolderError(
            f"The data folder {folder} can't be written ({error.strerror}); "
            "set AUTOMATION_DATA_DIR to one that can."
        ) from None
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise DataFolderError(
            f"Another run uses the data folder {folder}; stop it first."
        ) from None
    finally:
        os.close(handle)


def write_private(path: Path, text: str) -> None:
    """Replace the file at `path` atomically; only its owner may read it."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:  # noqa: PTH123 - Path.open takes no mode
        file.write(text)
    fresh.replace(path)
