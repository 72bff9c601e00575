"""Three drills against the database and broker services of this machine."""

import pytest

from devtools.drills.drills import drills_named
from devtools.drills.run_drills import own_target, run
from tests.drills.conftest import EMBEDDED_SERVERS

pytestmark = pytest.mark.slow

SELECTED_DRILLS = drills_named(("schema", "drill-a", "drill-b"))


def _run(environ: dict[str, str]) -> str:
    """Run the drills with these servers, assert that they passed, and describe the stack."""
    with own_target(environ=EMBEDDED_SERVERS | environ) as target:
        pack = run(target, SELECTED_DRILLS)
    assert [c.statement for s in pack.sections for c in s.checks if not c.passed] == []
    assert pack.passed
    return pack.stack


def test_the_drills_pass_on_a_postgresql_and_a_redis_service(
    postgres_service: dict[str, str], redis_service: dict[str, str]
) -> None:
    assert "broker redis" in _run(postgres_service | redis_service)


def test_the_drills_pass_on_a_rabbitmq_service(rabbitmq_service: dict[str, str]) -> None:
    assert "broker amqp" in _run(rabbitmq_service)
