"""Find the Chromium of this machine, which the browser tests and `make pictures` run."""

import shutil

PROGRAMS = ("chromium-headless-shell", "chromium", "chromium-browser")
"""The shell is Chromium without a window of its own, and opens a page in a quarter of the time."""


def find_chromium() -> str | None:
    """Return the path of the first of `PROGRAMS` that is installed, or None."""
    return next(filter(None, map(shutil.which, PROGRAMS)), None)
