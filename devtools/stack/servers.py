"""The embedded servers, each for the length of a block."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from devtools.stack.ports import free_port
from devtools.stack.postgres import PostgresServer
from devtools.stack.processes import running
from devtools.stack.valkey import ValkeyServer

__all__ = ["PostgresServer", "ValkeyServer", "start_postgres", "start_valkey"]


@contextmanager
def start_postgres(folder: Path, *, durable: bool = True) -> Iterator[PostgresServer]:
    """Run the PostgreSQL of `folder`, with its roles and database, for the length of the block.

    `durable=False` trades safety at a power cut for speed, for data that is thrown away.
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
    """Run an empty broker on a free port, with its log in `folder`, for the length of the block."""
    server = ValkeyServer(folder=folder.resolve(), port=free_port())
    with running(server.program()) as process:
        server.wait(process)
        yield server
