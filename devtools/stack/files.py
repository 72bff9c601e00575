"""The data folder: one run at a time, and files that only their owner reads."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.core.errors import AutomationError

RUN_FILE = "run.json"
"""Where a run that is ready leaves its addresses, in its data folder."""


class DataFolderError(AutomationError):
    """The data folder can't be used."""


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Make `folder` if need be and keep others out of it for the length of the block.

    The lock is on the folder itself, so it leaves no file and dies with the process.
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
    """Replace the file at `path` whole, readable by its owner alone."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:  # noqa: PTH123 - a mode from the start
        file.write(text)
    fresh.replace(path)
