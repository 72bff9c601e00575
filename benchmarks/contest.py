"""One contest: a pile of work, a contender that drains it, a clock, a count of the items."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import LiteralString

from psycopg import Connection

from benchmarks import seed
from benchmarks.lab import await_true

_IN_FLIGHT = 1_000
"""So near the end we begin to look at the rows; before, at the items' sequence alone."""

_ITEMS = "SELECT count(*) FROM cc_admin_inbox_items"
_LAST_ITEM = "SELECT last_value FROM cc_admin_inbox_items_id_seq"


@dataclass(frozen=True, slots=True)
class Contender:
    """Who drains: how its work is written, what starts it, and how to tell that it is done.

    `write` numbers the work from the given number on. It runs in a transaction whose
    commit, or `go` right after it, starts the clock.
    """

    name: str
    count: int
    write: Callable[[Connection, int], object]
    left: LiteralString
    go: Callable[[], object] = lambda: None
    pid: int = 0
    """Of the process that started the workers, where somebody looks at them."""


def drain(
    connection: Connection,
    contender: Contender,
    *,
    expected: int | None = None,
    first: int = 1,
    emptied: bool = True,
) -> float:
    """Return the events per second of one drain; raise if an item is missing or doubled."""
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
