"""The story end to end on servers that this machine runs, in place of the embedded ones."""

import pytest

from devtools.drills.catalogue import drills_named
from devtools.drills.play import own_stage, play
from tests.drills.conftest import HERMETIC

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("services")]

STORY = drills_named(("schema", "drill-a", "drill-b"))


def _play(environ: dict[str, str]) -> str:
    """Play the story on these servers, assert that it passed, and return what it played on."""
    with own_stage(environ=HERMETIC | environ) as stage:
        pack = play(stage, STORY)
    assert [c.claim for s in pack.sections for c in s.checks if not c.passed] == []
    assert pack.passed
    return pack.stack


def test_the_story_on_a_postgresql_and_a_redis_service(
    postgres_service: dict[str, str], redis_service: dict[str, str]
) -> None:
    assert "broker redis" in _play(postgres_service | redis_service)


def test_the_story_on_a_rabbitmq_service(rabbitmq_service: dict[str, str]) -> None:
    assert "broker amqp" in _play(rabbitmq_service)
