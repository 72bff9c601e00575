"""Which tests run in one process, because they share a running stack, a service or a browser.

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
    "tests/web/test_attention.py": "browser, notifications",
    "tests/web/test_browser.py": "browser",
    "tests/web/test_bulk_browser.py": "browser, bulk",
    "tests/web/test_case_browser.py": "browser, cases",
    "tests/web/test_every_page.py": "browser, every page",
    "tests/web/test_keyboard.py": "browser, keyboard",
    "tests/web/test_live.py": "browser, refresh",
    "tests/web/test_without_scripts.py": "browser, without scripts",
    "tests/workers/test_periodic.py": "beats",
}
"""The group of each file. To start a browser takes 2 s of processor time, so that each file of
browser tests is a group. Groups run first. The tests that wait for the next minute are a group too,
because at the end of the run they would wait alone."""


class GroupedScheduling(LoadScopeScheduling):
    """Sends the tests of a group to one process, and each other test to the next free one."""

    def _split_scope(self, nodeid: str) -> str:
        """Return the group of a test, or its own id."""
        path = PurePosixPath(nodeid.partition("::")[0])
        return GROUPS.get(str(path), nodeid)
