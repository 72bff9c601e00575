"""Empties a Redis or Valkey broker, and records the commands that it receives.

It uses the Redis protocol directly, because the package redis is a dependency of kombu alone.
"""

import base64
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from urllib.parse import unquote, urlsplit

CONNECT_SECONDS = 5.0

_BODY = re.compile(r'body\\*": \\*"([A-Za-z0-9+/=]+)')


def is_redis(url: str) -> bool:
    """Return whether the broker at `url` is Redis or Valkey."""
    return urlsplit(url).scheme in {"redis", "valkey"}


def flush(url: str, *, everything: bool) -> str:
    """Empty the whole broker or only the database in `url`; return the command."""
    command = "FLUSHALL" if everything else "FLUSHDB"
    with closing(_connect(url)) as peer:
        _command(peer, command)
    return command


@contextmanager
def monitored(url: str) -> Iterator[list[str]]:
    """Yield a list that collects every command that the broker receives during the block.

    The decoded message bodies follow their command.
    """
    commands: list[str] = []
    with closing(_connect(url)) as peer:
        _command(peer, "MONITOR")
        thread = threading.Thread(target=_listen, args=(peer, commands), daemon=True)
        thread.start()
        yield commands
        peer.shutdown(socket.SHUT_RDWR)
        thread.join()


def _listen(peer: socket.socket, commands: list[str]) -> None:
    peer.settimeout(None)
    with suppress(OSError), peer.makefile("rb") as lines:
        for line in lines:
            words = line.decode(errors="replace").rstrip()
            commands.append(" ".join([words, *map(_decoded, _BODY.findall(words))]))


def _decoded(body: str) -> str:
    return base64.b64decode(body + "==").decode(errors="replace")


def _connect(url: str) -> socket.socket:
    parts = urlsplit(url)
    address = (parts.hostname or "127.0.0.1", parts.port or 6379)
    peer = socket.create_connection(address, CONNECT_SECONDS)
    if parts.password:
        user = [unquote(parts.username)] if parts.username else []
        _command(peer, "AUTH", *user, unquote(parts.password))
    _command(peer, "SELECT", parts.path.strip("/") or "0")
    return peer


def _command(peer: socket.socket, *words: str) -> None:
    parts = [f"*{len(words)}", *(line for w in words for line in (f"${len(w.encode())}", w))]
    peer.sendall(("\r\n".join(parts) + "\r\n").encode())
    answer = peer.recv(1024)
    if not answer.startswith(b"+"):
        raise OSError(f"The broker refused {words[0]}.")
