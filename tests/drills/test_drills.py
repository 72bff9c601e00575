"""The proof pack on the stack itself, and what a failing check does."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from devtools.drills.book import Book
from devtools.drills.catalogue import DRILLS, Drill
from devtools.drills.play import play
from devtools.drills.stage import Stage

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("drills")]

LONGEST_LAST = sorted(DRILLS, key=lambda drill: drill.name == "checkers")
"""Beat needs a minute, in which the others are played."""

FORGE = """
INSERT INTO cc_automation_events
    (event_type, dedupe_key, subject_ref, payload, status, attempts, next_attempt_at, dead_at)
VALUES ('forged', 'forged:1', 'forged:1', '{}', 'failed', 3, NULL, now())
"""


@pytest.fixture
def forged_death(stage: Stage) -> Iterator[None]:
    """A dead letter that has not used up its tries, as no part of the product makes one."""
    with stage.container.engine.begin() as connection:
        connection.execute(text(FORGE))
    yield
    with stage.container.engine.begin() as connection:
        connection.execute(text("DELETE FROM cc_automation_events WHERE event_type = 'forged'"))


def _automation(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "devtools.drills", *arguments],
        env=dict(os.environ),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_drills_play_against_a_stack_that_runs_and_say_what_they_left_out(
    stage: Stage, tmp_path: Path
) -> None:
    done = _automation("dispatcher", "--against", stage.stack.folder, "--output", tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Playing on the stack that runs" in done.stdout
    assert "left out: backoff and dead letter" in done.stdout
    assert "every check passed" in done.stdout


@pytest.mark.usefixtures("forged_death")
def test_a_failing_check_is_crossed_kept_and_ends_with_exit_code_1(
    stage: Stage, tmp_path: Path
) -> None:
    done = _automation("guardrails", "--against", stage.stack.folder, "--output", tmp_path)
    kept = json.loads((tmp_path / "proof-pack.json").read_text())
    failed = [check for check in kept["sections"][0]["checks"] if not check["passed"]]
    assert (done.returncode, done.stderr) == (1, "")
    assert "✗ These are exactly the dead letters" in done.stdout
    assert next(check["claim"] for check in failed) == "These are exactly the dead letters"
    assert "✗ These are exactly the dead letters" in (tmp_path / "proof-pack.md").read_text()
    assert kept["failures"] == len(failed) > 0
    assert not kept["passed"]


def test_a_drill_that_stops_is_a_cross_and_the_next_is_played(
    stage: Stage, said: list[str]
) -> None:
    def stop(book: Book) -> None:
        book.rows("There is a two", "SELECT 1 AS one", [(2,)], must=True)

    def go_on(book: Book) -> None:
        book.rows("There is a one", "SELECT 1 AS one", [(1,)])

    drills = [Drill("stops", "1", "Stops", stop), Drill("goes-on", "2", "Goes on", go_on)]
    pack = play(stage, drills, said.append)
    assert [section.passed for section in pack.sections] == [False, True]
    assert [check.passed for check in pack.sections[0].checks] == [False, False]
    assert "✗ There is a two" in "\n".join(said)
    assert "wanted: 2" in "\n".join(said)


def test_a_drill_without_checks_proves_nothing(stage: Stage, said: list[str]) -> None:
    pack = play(stage, [Drill("idle", "1", "Idle", lambda _book: None)], said.append)
    assert not pack.passed


def test_the_proof_pack_is_readable_by_its_owner_alone(stage: Stage, tmp_path: Path) -> None:
    done = _automation("schema", "--against", stage.stack.folder, "--output", tmp_path)
    assert done.returncode == 0
    for name in ("proof-pack.md", "proof-pack.json"):
        assert (tmp_path / name).stat().st_mode & 0o077 == 0


def test_what_breaks_things_is_not_played_where_others_work(stage: Stage) -> None:
    done = _automation("redis", "--against", stage.stack.folder)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "The drill redis breaks things on purpose, so it plays on a stack of its own alone:"
        " python -m devtools.drills --own redis\n"
    )


def test_an_unknown_drill_is_one_sentence() -> None:
    done = _automation("tea")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("There is no drill tea; there are schema, emission")
    assert done.stderr.count("\n") == 1


def test_a_stack_that_does_not_run_is_one_sentence(tmp_path: Path) -> None:
    done = _automation("schema", "--against", tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"No stack runs in {tmp_path}; start one with: make run\n"


@pytest.mark.parametrize("drill", LONGEST_LAST, ids=lambda drill: drill.name)
def test_a_drill_passes_every_check(drill: Drill, stage: Stage, said: list[str]) -> None:
    pack = play(stage, [replace(drill, prepare=None)], said.append)
    failed = [check for section in pack.sections for check in section.checks if not check.passed]
    assert failed == []
    assert pack.passed
    assert "✗" not in "\n".join(said)
