"""The commands of the README do what it says, on a running stack."""

import re
import subprocess
import sys
import time
from collections.abc import Iterator

import httpx
import pytest
import redis

from devtools import ROOT
from devtools.stack.running import RunningStack, running_stack

README = (ROOT / "README.md").read_text()
COMMANDS = re.findall(r"^ *((?:kill|curl|\.venv/bin/python) .*)$", README, re.MULTILINE)
HERMETIC = dict.fromkeys(
    ("DATABASE_URL", "DATABASE_OWNER_URL", "CELERY_BROKER_URL", "WHATSAPP_API_BASE_URL"), ""
)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    with running_stack(tmp_path_factory.mktemp("readme"), environ=HERMETIC) as stack:
        yield stack


def _run(stack: RunningStack, start: str) -> str:
    """Run the command of the README that begins with `start`; return its output."""
    (command,) = (each for each in COMMANDS if each.startswith(start))
    for written, here in {
        "http://localhost:3001": stack.web,
        ".local/": f"{stack.folder}/",
        ".venv/bin/python": sys.executable,
        "curl ": "curl --silent --show-error --fail-with-body --max-time 30 ",
    }.items():
        command = command.replace(written, here)
    done = subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_readme_has_five_commands() -> None:
    assert len(COMMANDS) == 5


@pytest.mark.parametrize(
    "path, answer",
    [
        ("dispatch", '"claimed"'),
        ("checkers/otp-stuck", '"stuck"'),
        ("checkers/daily-summary", '"business_date"'),
    ],
)
def test_a_curl_command_returns_the_documented_answer(
    stack: RunningStack, path: str, answer: str
) -> None:
    assert answer in _run(stack, f"curl -X POST http://localhost:3001/api/automation/{path}")


def test_the_broker_is_emptied(stack: RunningStack) -> None:
    with redis.from_url(stack.broker_url) as broker:
        broker.set("readme", "1")
        _run(stack, ".venv/bin/python")
        assert broker.get("readme") is None


def test_a_killed_dispatcher_is_restarted(stack: RunningStack) -> None:
    killed = stack.pids()["dispatcher"]
    _run(stack, "kill")
    deadline = time.monotonic() + 15
    while stack.pids()["dispatcher"] == killed:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert httpx.get(f"{stack.web}/healthz").is_success
    assert "dispatcher ended (signal 9)" in stack.log
