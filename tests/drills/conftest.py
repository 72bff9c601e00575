"""One running stack for all the drills' tests, and what they say while they play."""

from collections.abc import Iterator

import pytest

from devtools.drills import checkers
from devtools.drills.play import own_stage
from devtools.drills.stage import Stage

SERVERS = ("DATABASE_URL", "DATABASE_OWNER_URL", "CELERY_BROKER_URL")
HERMETIC = dict.fromkeys(SERVERS, "")


@pytest.fixture(scope="session")
def stage() -> Iterator[Stage]:
    with own_stage(environ=HERMETIC) as stage:
        checkers.prepare(stage)
        yield stage


@pytest.fixture
def said() -> list[str]:
    return []
