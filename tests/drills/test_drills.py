"""Every drill against a running stack, and the output of failed checks."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from devtools.drills.check_recorder import CheckRecorder
from devtools.drills.drills import DRILLS, Drill
from devtools.drills.run_drills import run
from devtools.drills.target import DrillTarget

pytestmark = pytest.mark.slow

PERIODIC_LAST = sorted(DRILLS, key=lambda drill: drill.name == "periodic")
"""The periodic drill waits a minute for beat. The other drills run during that time."""

FORGE = """
INSERT INTO cc_automation_events
    (event_type, dedupe_key, subject_ref, payload, status, attempts, next_attempt_at, dead_at)
VALUES ('forged', 'forged:1', 'forged:1', '{}', 'failed', 3, NULL, now())
"""


@pytest.fixture
def forged_dead_letter(target: DrillTarget) -> Iterator[None]:
    """A dead letter with attempts left, which the product never creates."""
    with target.container.engine.begin() as connection:
        connection.execute(text(FORGE))
    yield
    with target.container.engine.begin() as connection:
        connection.execute(text("DELETE FROM cc_automation_events WHERE event_type = 'forged'"))


def _run_command(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "devtools.drills", *arguments],
        env=dict(os.environ),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_drills_run_against_a_running_stack_and_print_the_parts_they_leave_out(
    target: DrillTarget, tmp_path: Path
) -> None:
    done = _run_command("dispatcher", "--against", target.stack.folder, "--output", tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Running against the running stack" in done.stdout
    assert "left out: backoff and dead letter" in done.stdout
    assert "every check passed" in done.stdout


@pytest.mark.usefixtures("forged_dead_letter")
def test_a_failed_check_is_marked_and_recorded_and_the_exit_code_is_1(
    target: DrillTarget, tmp_path: Path
) -> None:
    done = _run_command("guardrails", "--against", target.stack.folder, "--output", tmp_path)
    kept = json.loads((tmp_path / "proof-pack.json").read_text())
    failed = [check for check in kept["sections"][0]["checks"] if not check["passed"]]
    assert (done.returncode, done.stderr) == (1, "")
    assert "✗ These are exactly the dead letters" in done.stdout
    assert next(check["statement"] for check in failed) == "These are exactly the dead letters"
    assert "✗ These are exactly the dead letters" in (tmp_path / "proof-pack.md").read_text()
    assert kept["failures"] == len(failed) > 0
    assert not kept["passed"]


def test_a_drill_that_stops_is_a_failed_check_and_the_next_drill_runs(
    target: DrillTarget, printed: list[str]
) -> None:
    def stop(recorder: CheckRecorder) -> None:
        recorder.check_rows("There is a two", "SELECT 1 AS one", [(2,)], required=True)

    def go_on(recorder: CheckRecorder) -> None:
        recorder.check_rows("There is a one", "SELECT 1 AS one", [(1,)])

    drills = [Drill("stops", "1", "Stops", stop), Drill("goes-on", "2", "Goes on", go_on)]
    pack = run(target, drills, printed.append)
    assert [section.passed for section in pack.sections] == [False, True]
    assert [check.passed for check in pack.sections[0].checks] == [False, False]
    assert "✗ There is a two" in "\n".join(printed)
    assert "expected: 2" in "\n".join(printed)


def test_a_drill_without_checks_does_not_pass(target: DrillTarget, printed: list[str]) -> None:
    pack = run(target, [Drill("idle", "1", "Idle", lambda _recorder: None)], printed.append)
    assert not pack.passed


def test_only_the_owner_may_read_the_proof_pack(target: DrillTarget, tmp_path: Path) -> None:
    done = _run_command("schema", "--against", target.stack.folder, "--output", tmp_path)
    assert done.returncode == 0
    for name in ("proof-pack.md", "proof-pack.json"):
        assert (tmp_path / name).stat().st_mode & 0o077 == 0


def test_a_drill_that_kills_processes_is_refused_on_a_shared_stack(target: DrillTarget) -> None:
    done = _run_command("redis", "--against", target.stack.folder)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "The drill redis kills processes and empties the broker, so it needs a separate stack:"
        " python -m devtools.drills --own redis\n"
    )


def test_an_unknown_drill_fails_with_one_sentence() -> None:
    done = _run_command("tea")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("There is no drill tea; the drills are schema, emission")
    assert done.stderr.count("\n") == 1


def test_a_stack_that_does_not_run_fails_with_one_sentence(tmp_path: Path) -> None:
    done = _run_command("schema", "--against", tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"No stack runs in {tmp_path}; start one with: make run\n"


@pytest.mark.parametrize("drill", PERIODIC_LAST, ids=lambda drill: drill.name)
def test_a_drill_passes_every_check(drill: Drill, target: DrillTarget, printed: list[str]) -> None:
    pack = run(target, [replace(drill, prepare=None)], printed.append)
    failed = [check for section in pack.sections for check in section.checks if not check.passed]
    assert failed == []
    assert pack.passed
    assert "✗" not in "\n".join(printed)
