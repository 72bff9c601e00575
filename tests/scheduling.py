"""Which tests run in one process, because they share a running stack or a service.

pytest-xdist has the mark `xdist_group` for this. It changes a private attribute of the tests
that pytest 9.2 no longer reads, so the mark has no effect, and each process started a stack.
"""

from pathlib import PurePosixPath

from xdist.scheduler import LoadScopeScheduling

GROUPS = {
    "tests/drills/test_drills.py": "drills",
    "tests/drills/test_refused_bodies.py": "drills",
    "tests/matrix/test_services.py": "services",
    "tests/stack/test_readme.py": "readme",
    "tests/stack/test_stack.py": "stack",
}


class GroupedScheduling(LoadScopeScheduling):
    """Sends the tests of a group to one process, and each other test to the next free one."""

    def _split_scope(self, nodeid: str) -> str:
        """Return the group of a test, or its own id."""
        path = PurePosixPath(nodeid.partition("::")[0])
        return GROUPS.get(str(path), nodeid)
