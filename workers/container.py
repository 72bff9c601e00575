"""The container of this process, built at first use and so never before the fork."""

from functools import cache

from app.bootstrap import Container, build
from app.core.settings import Settings


@cache
def container() -> Container:
    """Return the container of this process."""
    return build(Settings.load(), process="automation-worker")
