"""The local stack, started as `make run` starts it."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import httpx
import psutil
import psycopg
import pytest

from devtools.stack.ports import free_port
from devtools.stack.running import RunningStack, running_stack

HERMETIC = dict.fromkeys(
    ("DATABASE_URL", "DATABASE_OWNER_URL", "CELERY_BROKER_URL", "WHATSAPP_API_BASE_URL"), ""
)
PROGRAMS = {
    *("postgres", "valkey", "sandbox"),
    *("web", "dispatcher", "outbound", "beat", "flower"),
}


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    with running_stack(tmp_path_factory.mktemp("stack"), environ=HERMETIC) as stack:
        yield stack


def _run_local(folder: Path, environ: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    ports = {"PORT": str(free_port()), "FLOWER_PORT": str(free_port())}
    return subprocess.run(
        [sys.executable, "-m", "devtools.stack"],
        env={**os.environ, **HERMETIC, **ports, "AUTOMATION_DATA_DIR": str(folder), **environ},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def _eventually(condition: Callable[[], object], seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _alive(folder: Path) -> list[psutil.Process]:
    """Return the processes whose environment names `folder` as the data folder."""
    alive = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("AUTOMATION_DATA_DIR") == str(folder):
                alive.append(process)
        except psutil.Error:
            continue
    return alive


def _answers(url: str) -> bool:
    with socket.socket() as client:
        return client.connect_ex((httpx.URL(url).host, httpx.URL(url).port or 80)) == 0


def _admins(database_url: str) -> list[str]:
    with psycopg.connect(database_url) as connection:
        connection.execute("SET ROLE service_role")
        rows = connection.execute("SELECT username FROM cc_users WHERE role = 'admin'").fetchall()
    return [name for (name,) in rows]


def test_every_program_runs_and_the_web_is_ready(stack: RunningStack) -> None:
    assert set(stack.pids()) == PROGRAMS
    assert httpx.get(f"{stack.web}/readyz").is_success
    assert _answers(stack.sandbox)


def test_the_addresses_and_the_first_password_are_printed(stack: RunningStack) -> None:
    assert f"http://localhost:{httpx.URL(stack.web).port}/automation" in stack.log
    assert re.search(r"user admin, password \S+ \(shown this once\)", stack.log)


def test_run_json_holds_a_database_url_that_libpq_accepts(stack: RunningStack) -> None:
    with psycopg.connect(stack.database_url) as connection:
        assert connection.info.user == "automation_app"


def test_flower_logs_no_failed_inspection_at_the_start(stack: RunningStack) -> None:
    time.sleep(2)  # Flower waits a second for each answer
    assert "Inspect method" not in stack.log


def _automation(
    stack: RunningStack, *arguments: str, typed: str = ""
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "devtools.stack", "exec", "automation", *arguments],
        input=typed,
        env={**os.environ, **HERMETIC, "AUTOMATION_DATA_DIR": str(stack.folder)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_password_can_be_reset_while_the_stack_runs(stack: RunningStack) -> None:
    done = _automation(stack, "users", "reset-password", "admin")
    shown = re.search(r"shown this once: (\S+)", done.stdout)
    assert shown, done.stderr
    with httpx.Client(base_url=stack.web) as browser:
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', browser.get("/login").text)
        assert token
        form = {"username": "admin", "password": shown[1], "csrf_token": token[1]}
        assert browser.post("/login", data=form).status_code == 303


def test_an_admin_can_be_created_while_the_stack_runs(stack: RunningStack) -> None:
    password = "a long and lovely password\n"
    done = _automation(stack, "create-admin", "ada", "--password-stdin", typed=password)
    assert done.stdout == "ada may sign in.\n"
    assert "ada" in _admins(stack.database_url)


def test_exec_without_a_running_stack_fails_with_one_sentence(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "devtools.stack", "exec", "automation", "users", "list"],
        env={**os.environ, **HERMETIC, "AUTOMATION_DATA_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"No local stack runs in {tmp_path}; start it with `make run`")


def test_flower_asks_for_a_password_and_refuses_to_shut_down_a_worker(stack: RunningStack) -> None:
    kept = json.loads((stack.folder / "secrets.json").read_text())
    user, password = kept["FLOWER_BASIC_AUTH"].split(":")
    shutdown = f"{stack.flower}/api/worker/shutdown/dispatcher@{socket.gethostname()}"
    for path in ("/workers", "/metrics"):
        assert httpx.get(stack.flower + path).status_code == 401, path
        assert httpx.get(stack.flower + path, auth=(user, password)).is_success, path
    assert httpx.post(shutdown, auth=(user, password)).status_code == 403


def test_a_killed_worker_is_restarted(stack: RunningStack) -> None:
    before = stack.pids()["outbound"]
    os.kill(before, signal.SIGKILL)
    _eventually(lambda: stack.pids()["outbound"] != before)
    assert "outbound ended (signal 9); starting it again" in stack.log


def test_only_the_owner_may_read_addresses_and_secrets(stack: RunningStack) -> None:
    for name in ("run.json", "secrets.json", "processes.json"):
        assert (stack.folder / name).stat().st_mode & 0o077 == 0


def test_a_second_run_on_the_same_data_folder_fails_with_one_sentence(stack: RunningStack) -> None:
    done = _run_local(stack.folder, {})
    assert done.returncode == 1
    assert done.stderr == f"Another run uses the data folder {stack.folder}; stop it first.\n"


def test_a_run_after_a_crash_keeps_the_data_and_leaves_no_process_and_no_extra_file(
    tmp_path: Path,
) -> None:
    with running_stack(tmp_path, environ=HERMETIC) as first:
        os.kill(first.pid, signal.SIGKILL)
    with running_stack(tmp_path, environ=HERMETIC) as second:
        assert _admins(second.database_url) == ["admin"]
        assert second.log.count("(shown this once)") == 1
        before = time.monotonic()
        os.kill(second.pid, signal.SIGINT)
        _eventually(lambda: not psutil.pid_exists(second.pid) or _is_zombie(second.pid))
        assert time.monotonic() - before < 10
    assert _alive(tmp_path) == []
    assert not any(_answers(url) for url in (second.web, second.flower, second.sandbox))
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {
        "postgres",
        "postgres.log",
        "valkey.log",
        "secrets.json",
        "stack.log",
        "sandbox.port",
    }


def _is_zombie(pid: int) -> bool:
    return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_a_busy_port_fails_with_one_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        done = _run_local(tmp_path, {"PORT": str(port)})
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"Port {port} is in use; stop what uses it or set PORT.\n"


def test_an_unwritable_data_folder_fails_with_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = _run_local(tmp_path / "file" / "data", {})
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.count("\n") == 1
    assert "can't be written" in done.stderr


def test_a_malformed_setting_fails_with_one_sentence_without_its_value(tmp_path: Path) -> None:
    done = _run_local(tmp_path, {"AUTOMATION_ENCRYPTION_KEYS": "hunter2"})
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("The setting AUTOMATION_ENCRYPTION_KEYS is malformed")
    assert done.stderr.count("\n") == 1
    assert "hunter2" not in done.stderr


def test_an_unreachable_database_fails_with_one_sentence_without_its_password(
    tmp_path: Path,
) -> None:
    url = f"postgresql://someone:hunter2@127.0.0.1:{free_port()}/automation"
    done = _run_local(tmp_path, {"DATABASE_URL": url})
    assert done.returncode == 1
    assert done.stderr.startswith("The database can't be used: connection failed")
    assert done.stderr.count("\n") == 1
    assert "hunter2" not in done.stderr + done.stdout
    assert _alive(tmp_path) == []
