"""An arena per test and seed, and a line in the chaos report for each."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.chaos.arena import Arena
from tests.chaos.servers import Servers
from tests.chaos.verdict import Verdict
from tests.conftest import fast_folder

Judge = Callable[[Verdict], None]

SEEDS = int(os.environ.get("CHAOS_SEEDS", "1"))


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """Return the servers of all arenas of this test process."""
    with fast_folder(tmp_path_factory) as folder:
        servers = Servers(folder)
        try:
            servers.prepare()
            yield servers
        finally:
            servers.close()


@pytest.fixture(params=range(1, SEEDS + 1), ids=lambda seed: f"seed-{seed}")
def arena(request: pytest.FixtureRequest, tmp_path: Path, servers: Servers) -> Iterator[Arena]:
    """Return a fresh arena with a database and a broker, and nobody at work yet."""
    with servers.database() as addresses:
        arena = Arena(tmp_path, seed=request.param, servers=servers, addresses=addresses)
        try:
            arena.prepare()
            yield arena
        finally:
            arena.close()


@pytest.fixture
def check_promises(
    request: pytest.FixtureRequest, record_property: Callable[[str, object], None]
) -> Judge:
    """Return a function that puts a verdict on the report, and fails the test if it is bad."""

    def run(verdict: Verdict) -> None:
        fault = request.node.originalname.removeprefix("test_").replace("_", " ")
        record_property(
            "chaos", [fault, verdict.events, verdict.dead, verdict.lost, verdict.doubled]
        )
        assert verdict.events > 0
        assert verdict.keeps_the_promises, verdict

    return run
