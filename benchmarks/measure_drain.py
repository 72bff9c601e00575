"""One drain: write due events, let a contender dispatch all of them, measure and count items."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import LiteralString

from psycopg import Connection

from benchmarks import seed
from benchmarks.lab import await_true

_IN_FLIGHT = 1_000
"""When fewer items than this are missing, the benchmark counts rows.

Before that it only reads the sequence of the items, which is cheaper.
"""

_ITEMS = "SELECT count(*) FROM cc_admin_inbox_items"
_LAST_ITEM = "SELECT last_value FROM cc_admin_inbox_items_id_seq"


@dataclass(frozen=True, slots=True)
class Contender:
    """One way to dispatch events.

    `write` inserts the work, numbered from its second argument on. Its commit and then `go`
    start the contender. `left` is a query that returns whether work is left.
    """

    name: str
    count: int
    write: Callable[[Connection, int], object]
    left: LiteralString
    go: Callable[[], object] = lambda: None
    pid: int = 0
    """The id of the workers' parent process, for the measurement of memory."""


def drain(
    connection: Connection,
    contender: Contender,
    *,
    expected: int | None = None,
    first: int = 1,
    emptied: bool = True,
) -> float:
    """Return the events per second of one drain. Raises if the number of items is wrong."""
    if emptied:
        seed.empty(connection)
    connection.execute("CHECKPOINT")
    expected = contender.count if expected is None else expected
    before, target = _first(connection, _ITEMS), _first(connection, _LAST_ITEM) + expected
    with connection.transaction():
        contender.write(connection, first)
    started = time.perf_counter()
    contender.go()
    await_true(
        lambda: _first(connection, _LAST_ITEM) > target - _IN_FLIGHT, contender.name, seconds=300
    )
    await_true(lambda: not _first(connection, contender.left), contender.name)
    seconds = time.perf_counter() - started
    if (made := _first(connection, _ITEMS) - before) != expected:
        raise AssertionError(f"{contender.name} made {made} items of {expected} events.")
    return contender.count / seconds


def _first(connection: Connection, query: LiteralString) -> int:
    row = connection.execute(query).fetchone()
    return int(row[0]) if row else 0
