"""The embedded servers as context managers."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from devtools.stack.ports import free_port
from devtools.stack.postgres import PostgresServer
from devtools.stack.programs import running
from devtools.stack.valkey import ValkeyServer

__all__ = ["PostgresServer", "ValkeyServer", "start_postgres", "start_valkey"]


@contextmanager
def start_postgres(folder: Path, *, durable: bool = True) -> Iterator[PostgresServer]:
    """Run the PostgreSQL of `folder`, with its roles and database, until the end of the block.

    `durable=False` turns fsync off. It is faster, and a power cut may destroy the data.
    """
    server = PostgresServer.at(folder, durable=durable)
    try:
        with running(server.prepare()) as process:
            server.wait(process)
            server.create_database()
            yield server
    finally:
        server.clean_up()


@contextmanager
def start_valkey(folder: Path) -> Iterator[ValkeyServer]:
    """Run an empty broker on a free port, with its log in `folder`, until the end of the block."""
    server = ValkeyServer(folder=folder.resolve(), port=free_port())
    with running(server.program()) as process:
        server.wait(process)
        yield server
