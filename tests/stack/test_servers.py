"""The embedded servers."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import psycopg
import pytest
import redis
from sqlalchemy import create_engine, text

from devtools import ROOT
from devtools.stack.passage import Passage
from devtools.stack.servers import start_postgres, start_valkey

START_AND_WAIT = """
import sys, time
from pathlib import Path
from devtools.stack.passage import Passage
from devtools.stack.servers import start_postgres
with start_postgres(Path(sys.argv[1]), durable=False):
    print("ready", flush=True)
    time.sleep(60)
"""


def _flags(url: str) -> tuple[str, bool]:
    engine = create_engine(url)
    with engine.connect() as connection:
        row = connection.execute(
            text("SELECT rolname, rolsuper FROM pg_roles WHERE rolname = current_user")
        ).one()
    engine.dispose()
    return row.rolname, row.rolsuper


def _postmaster(folder: Path) -> psutil.Process:
    return psutil.Process(int((folder / "postgres" / "postmaster.pid").read_text().split()[0]))


def test_neither_login_is_a_superuser(tmp_path: Path) -> None:
    with start_postgres(tmp_path, durable=False) as server:
        assert _flags(server.url) == ("automation_app", False)
        assert _flags(server.owner_url) == ("automation_owner", False)


def test_data_survives_a_killed_server(tmp_path: Path) -> None:
    with start_postgres(tmp_path) as server:
        with psycopg.connect(server.superuser_dsn, autocommit=True) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        _postmaster(tmp_path).kill()
    with (
        start_postgres(tmp_path) as server,
        psycopg.connect(server.superuser_dsn) as connection,
    ):
        assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)


def test_a_path_too_long_for_a_socket_gets_a_short_one(tmp_path: Path) -> None:
    folder = tmp_path / ("long" * 25)
    folder.mkdir()
    with start_postgres(folder, durable=False) as server:
        assert _flags(server.url)[0] == "automation_app"
        sockets = server.sockets
    assert not sockets.exists()


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel offers it on Linux alone")
def test_the_server_ends_with_a_killed_parent(tmp_path: Path) -> None:
    command = [sys.executable, "-c", START_AND_WAIT, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as parent:
        assert parent.stdout
        assert parent.stdout.readline() == b"ready\n"
        server = _postmaster(tmp_path)
        parent.send_signal(signal.SIGKILL)
    gone, _ = psutil.wait_procs([server], timeout=5)
    assert gone or server.status() == psutil.STATUS_ZOMBIE


def test_a_leftover_server_gives_way_to_a_new_one(tmp_path: Path) -> None:
    with start_postgres(tmp_path, durable=False):
        first = _postmaster(tmp_path).pid
        with start_postgres(tmp_path, durable=False):
            assert _postmaster(tmp_path).pid != first


def test_the_lock_file_of_a_stranger_with_the_same_id_is_removed(tmp_path: Path) -> None:
    with start_postgres(tmp_path, durable=False):
        pass
    lock = tmp_path / "postgres" / "postmaster.pid"
    lock.write_text(f"{os.getpid()}\n{tmp_path / 'postgres'}\n0\n")
    with start_postgres(tmp_path, durable=False) as server:
        assert _flags(server.url)[0] == "automation_app"


def test_the_broker_refuses_to_drop_messages(tmp_path: Path) -> None:
    with start_valkey(tmp_path) as server, redis.Redis.from_url(server.url) as client:
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}


@pytest.mark.skipif(os.geteuid() != 0, reason="an ordinary user's server runs as that user")
def test_root_may_keep_its_data_below_a_closed_folder(tmp_path: Path) -> None:
    (tmp_path / "closed" / "data").mkdir(mode=0o700, parents=True)
    (tmp_path / "closed").chmod(0o700)
    with start_postgres(tmp_path / "closed" / "data", durable=False) as server:
        assert _postmaster(tmp_path / "closed" / "data").uids().real != 0
        assert _flags(server.url)[0] == "automation_app"
    assert (tmp_path / "closed").stat().st_mode & 0o777 == 0o700


def test_a_folder_stays_open_until_the_last_server_has_passed(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    first, second = Passage(), Passage()
    for passage in (first, second):
        passage.open(tmp_path / "data")
    modes = []
    for passage in (first, second):
        passage.close()
        modes.append(tmp_path.stat().st_mode & 0o777)
    assert modes == [0o701, 0o700]


def test_a_folder_that_a_killed_process_left_open_is_closed_by_the_next(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    leave_open = "import sys; from pathlib import Path; from devtools.stack.passage import Passage;"
    leave_open += "Passage().open(Path(sys.argv[1]) / 'data')"
    subprocess.run([sys.executable, "-c", leave_open, tmp_path], cwd=ROOT, check=True)
    assert tmp_path.stat().st_mode & 0o777 == 0o701
    passage = Passage()
    passage.open(tmp_path / "data")
    passage.close()
    assert tmp_path.stat().st_mode & 0o777 == 0o700
