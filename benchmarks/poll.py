"""The time of one poll and of one inbox page, with more and more rows in the tables."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from statistics import median
from typing import Any

from psycopg import Connection
from sqlalchemy import event

from app.bootstrap import Container, build
from app.core.database import driver_connection
from app.core.paging import encode_cursor
from app.dispatch.claim_events import COUNT_DUE, UNSUSPECTED, claim_events
from app.dispatch.relay import messages_needed
from app.inbox.drafts import Severity
from app.inbox.item_conditions import ItemFilter
from app.inbox.queries import list_items
from app.inbox.tabs import Tab
from benchmarks import seed
from benchmarks.lab import Database, Lab
from benchmarks.results import Report, Row, percentile, ratios

_POLLS = 300
_RUNS = 9

_RARE = "daily_operational_summary_ready"
_COMMON = "fraud_case_created"

FILTERS = {
    "by status alone": ItemFilter(status=Tab.OPEN),
    "by three filters": ItemFilter(status=Tab.RESOLVED, severity=Severity.CRITICAL, type=_COMMON),
    "by a rare type": ItemFilter(type=_RARE),
    "by a common type": ItemFilter(type=_COMMON),
    "by severity alone": ItemFilter(severity=Severity.WARNING),
    "by type and status": ItemFilter(type=_RARE, status=Tab.RESOLVED),
    "by assignee": ItemFilter(assignee="ana"),
    "without a filter": ItemFilter(),
}


def run(lab: Lab, report: Report, *, sizes: tuple[int, ...], rounds: int) -> Iterator[str]:
    """Measure the rows for the poll and for the pages; yield each step in words."""
    with ExitStack() as stack:
        databases: dict[int, Database] = {}
        for size in sizes:
            yield f"poll and pages: writing {size:,} processed events"
            databases[size] = stack.enter_context(lab.database())
            with databases[size].admin() as connection:
                seed.processed(connection, size)
        containers = {
            size: build(lab.settings(database), process="poll")
            for size, database in databases.items()
        }
        yield from _polls(containers, report, rounds)
        largest = max(sizes)
        yield f"pages at {largest:,} items"
        with databases[largest].admin() as connection:
            _pages(containers[largest], connection, report, largest)
            _explain(connection, report, largest)
        for container in containers.values():
            container.close()


def _polls(containers: dict[int, Container], report: Report, rounds: int) -> Iterator[str]:
    smallest, *others = sorted(containers)
    for name, poll in (("relay", _relay), ("claim", _claim)):
        times: dict[int, list[float]] = {size: [] for size in containers}
        for number in range(-1, rounds):
            yield f"poll: {name}, round {max(number + 1, 0)} of {rounds}"
            spent = _times_of(poll, containers)
            if number >= 0:
                for size in containers:
                    times[size].append(percentile(spent[size], 10))
        report.numbers[f"one {name} in ms"] = {
            f"{size:,} behind": [1000 * each for each in spent] for size, spent in times.items()
        }
        for size in others:
            report.add(
                Row(
                    what=f"one {name} with {size:,} processed events, compared with none",
                    samples=ratios(times[size], times[smallest]),
                    bar=1.1,
                    note=f"median {1000 * median(times[size]):.3f} ms",
                )
            )


def _times_of(
    poll: Callable[[Container], object], containers: dict[int, Container]
) -> dict[int, list[float]]:
    """Return the seconds of each poll, alternately on each database, over new connections.

    A connection has two processes. Their placement on the cores changes the time more than the
    query does, so each round uses new connections.
    """
    for container in containers.values():
        container.engine.dispose()
    times: dict[int, list[float]] = {size: [] for size in containers}
    for _ in range(_POLLS):
        for size, container in containers.items():
            started = time.perf_counter()
            poll(container)
            times[size].append(time.perf_counter() - started)
    return times


def _relay(container: Container) -> None:
    messages_needed(container.dispatcher, workers=2)


def _claim(container: Container) -> None:
    with driver_connection(container.engine) as connection, connection.transaction():
        claim_events(connection, limit=500)


def _pages(container: Container, connection: Connection, report: Report, size: int) -> None:
    for name, wanted in FILTERS.items():
        cursors = {"first": None, "deepest": _deepest(connection, wanted)}
        times = {
            page: _database_ms(container, wanted, cursor, explain=connection)
            for page, cursor in cursors.items()
        }
        report.numbers[f"page {name} in ms"] = times
        slowest = max(times, key=lambda page: median(times[page]))
        both = " and ".join(f"{page} {median(each):.2f} ms" for page, each in times.items())
        report.add(
            Row(
                what=f"inbox page of 50 at {size:,} items {name}",
                samples=times[slowest],
                bar=5.0,
                unit="ms",
                note=both,
            )
        )


def _deepest(connection: Connection, wanted: ItemFilter) -> str | None:
    """Return the cursor of the last full page, None if there is only one page."""
    parts = {
        "type": wanted.type,
        "status": wanted.status,
        "severity": wanted.severity,
        "assignee": wanted.assignee,
    }
    given = {name: str(value) for name, value in parts.items() if value}
    where = " AND ".join(["true", *(f"{name} = %({name})s" for name in given)])
    query = f"SELECT id FROM cc_admin_inbox_items WHERE {where} ORDER BY id OFFSET 50 LIMIT 1"
    row = connection.execute(query, given).fetchone()
    return encode_cursor(row[0]) if row else None


def _database_ms(
    container: Container, wanted: ItemFilter, cursor: str | None, *, explain: Connection
) -> list[float]:
    """Return the planning and execution time of the page's statements, in milliseconds."""
    sent: list[tuple[str, Any]] = []

    def note(_connection: object, _cursor: object, statement: str, values: Any, *_: object) -> None:
        sent.append((statement, values))

    event.listen(container.engine, "before_cursor_execute", note)
    with container.sessions.begin() as session:
        list_items(session, wanted, cursor=cursor)
    event.remove(container.engine, "before_cursor_execute", note)
    with explain.transaction():
        explain.execute("SET LOCAL ROLE service_role")
        return [sum(_explained(explain, *each) for each in sent) for _ in range(_RUNS)]


def _explained(connection: Connection, statement: str, values: Any) -> float:
    explain = f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}"
    [([plan],)] = connection.execute(explain, values).fetchall()
    return float(plan["Planning Time"]) + float(plan["Execution Time"])


def _explain(connection: Connection, report: Report, size: int) -> None:
    seed.due(connection, 2_000, first=10**9)
    for name, query in (("claim", UNSUSPECTED), ("poll of the relay", COUNT_DUE)):
        with connection.transaction(force_rollback=True):
            statement = f"EXPLAIN (ANALYZE, BUFFERS) {query.replace('%s', '500')}"
            rows = connection.execute(statement).fetchall()
        report.texts[f"{name}, {size:,} processed events"] = "\n".join(r[0] for r in rows)
