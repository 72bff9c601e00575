"""The embedded servers: accounts, crashes, leftovers and folder permissions."""

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
from devtools.stack.folder_access import FolderAccess
from devtools.stack.servers import start_postgres, start_valkey

START_AND_WAIT = """
import sys, time
from pathlib import Path
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


def test_committed_data_is_there_after_the_server_was_killed(tmp_path: Path) -> None:
    with start_postgres(tmp_path) as server:
        with psycopg.connect(server.superuser_dsn, autocommit=True) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        _postmaster(tmp_path).kill()
    with (
        start_postgres(tmp_path) as server,
        psycopg.connect(server.superuser_dsn) as connection,
    ):
        assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)


def test_the_socket_is_below_tmp_if_the_data_folder_has_a_long_path(tmp_path: Path) -> None:
    folder = tmp_path / ("long" * 25)
    folder.mkdir()
    with start_postgres(folder, durable=False) as server:
        assert _flags(server.url)[0] == "automation_app"
        sockets = server.sockets
    assert not sockets.exists()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has PR_SET_PDEATHSIG")
def test_the_server_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", START_AND_WAIT, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as parent:
        assert parent.stdout
        assert parent.stdout.readline() == b"ready\n"
        server = _postmaster(tmp_path)
        parent.send_signal(signal.SIGKILL)
    gone, _ = psutil.wait_procs([server], timeout=5)
    assert gone or server.status() == psutil.STATUS_ZOMBIE


def test_a_new_server_ends_the_leftover_one(tmp_path: Path) -> None:
    with start_postgres(tmp_path, durable=False):
        first = _postmaster(tmp_path).pid
        with start_postgres(tmp_path, durable=False):
            assert _postmaster(tmp_path).pid != first


def test_a_lock_file_with_the_id_of_another_process_is_removed(tmp_path: Path) -> None:
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
def test_root_may_keep_its_data_below_a_private_folder(tmp_path: Path) -> None:
    (tmp_path / "closed" / "data").mkdir(mode=0o700, parents=True)
    (tmp_path / "closed").chmod(0o700)
    with start_postgres(tmp_path / "closed" / "data", durable=False) as server:
        assert _postmaster(tmp_path / "closed" / "data").uids().real != 0
        assert _flags(server.url)[0] == "automation_app"
    assert (tmp_path / "closed").stat().st_mode & 0o777 == 0o700


def test_the_mode_of_a_folder_is_restored_by_the_last_server_that_needs_it(
    tmp_path: Path,
) -> None:
    tmp_path.chmod(0o700)
    first, second = FolderAccess(), FolderAccess()
    for folder_access in (first, second):
        folder_access.grant(tmp_path / "data")
    modes = []
    for folder_access in (first, second):
        folder_access.restore()
        modes.append(tmp_path.stat().st_mode & 0o777)
    assert modes == [0o701, 0o700]


def test_the_next_server_restores_a_mode_that_a_killed_process_changed(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    grant = "import sys; from pathlib import Path;"
    grant += "from devtools.stack.folder_access import FolderAccess;"
    grant += "FolderAccess().grant(Path(sys.argv[1]) / 'data')"
    subprocess.run([sys.executable, "-c", grant, tmp_path], cwd=ROOT, check=True)
    assert tmp_path.stat().st_mode & 0o777 == 0o701
    folder_access = FolderAccess()
    folder_access.grant(tmp_path / "data")
    folder_access.restore()
    assert tmp_path.stat().st_mode & 0o777 == 0o700
