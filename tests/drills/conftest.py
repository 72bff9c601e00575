"""One running stack for all tests of drills, and the lines that the drills print."""

from collections.abc import Iterator

import pytest

from devtools.drills import drill_periodic
from devtools.drills.run_drills import own_target
from devtools.drills.target import DrillTarget

SERVERS = ("DATABASE_URL", "DATABASE_OWNER_URL", "CELERY_BROKER_URL")
EMBEDDED_SERVERS = dict.fromkeys(SERVERS, "")


@pytest.fixture(scope="session")
def target() -> Iterator[DrillTarget]:
    with own_target(environ=EMBEDDED_SERVERS) as target:
        drill_periodic.prepare(target)
        yield target


@pytest.fixture
def printed() -> list[str]:
    return []
