"""The latency from the commit of an event to the commit of its item, by PostgreSQL's times."""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from random import Random

import psycopg
from psycopg import Connection

from benchmarks import seed
from benchmarks.lab import Database, Lab, await_true
from benchmarks.results import Report, Row, percentile
from benchmarks.start_contenders import product, rival

RATES = (20, 300)
"""Events per second, at random times (a Poisson process)."""

_WORDS = """'case_id', %(n)s::bigint, 'masked_phone', '••• 1234', 'report',
    'I got a call from someone who said they were my bank.', 'dedupe_key', %(key)s::text"""
_EVENT = f"""
INSERT INTO cc_automation_events (event_type, dedupe_key, payload, subject_ref)
VALUES ('fraud_case_created', %(key)s, jsonb_build_object({_WORDS}), 'case:' || %(n)s::bigint)
RETURNING pg_current_xact_id()::text
"""
_JOB = f"""
INSERT INTO pgqueuer (priority, entrypoint, payload, execute_after, status)
VALUES (0, 'deliver', convert_to(jsonb_build_object({_WORDS})::text, 'utf8'), now(), 'queued')
RETURNING pg_current_xact_id()::text
"""
_WAITS = """
SELECT 1000 * extract(epoch FROM
    pg_xact_commit_timestamp(item.xmin) - pg_xact_commit_timestamp(sent.xid::xid))
FROM unnest(%s::text[], %s::text[]) AS sent (key, xid)
JOIN cc_admin_inbox_items AS item ON item.dedupe_key = sent.key
"""


@dataclass(frozen=True, slots=True)
class _Path:
    """One way from a committed row to an item."""

    name: str
    database: Database
    insert: str


def run(lab: Lab, report: Report, *, rounds: int, seconds: float) -> Iterator[str]:
    """Measure the rows for the latency, alternately; yield each step in words."""
    waits: dict[tuple[str, int], list[list[float]]] = {}
    with ExitStack() as stack:
        paths = _paths(lab, stack)
        for number in range(rounds):
            for rate in RATES:
                for path in paths:
                    yield f"latency: {path.name} at {rate}/s, round {number + 1} of {rounds}"
                    waits.setdefault((path.name, rate), []).append(_measure(path, rate, seconds))
    for rate in RATES:
        _compare(report, rate, {name: found for (name, of), found in waits.items() if of == rate})


def _paths(lab: Lab, stack: ExitStack) -> list[_Path]:
    own = stack.enter_context(lab.database())
    stack.enter_context(product(lab, own))
    if lab.rivals is None:
        return [_Path("product", own, _EVENT)]
    other = stack.enter_context(lab.database())
    stack.enter_context(rival(lab, other, "pgqueuer"))
    return [_Path("product", own, _EVENT), _Path("PgQueuer", other, _JOB)]


def _measure(path: _Path, rate: int, seconds: float) -> list[float]:
    """Return the latency of each event of one open-loop run, in milliseconds."""
    with path.database.admin() as connection, psycopg.connect(path.database.dsn) as producer:
        seed.empty(connection)
        sent = _produce(producer, path.insert, rate, seconds)
        keys, xids = list(sent), list(sent.values())
        await_true(lambda: _count(connection) == len(keys), f"{path.name}: every item")
        return [float(ms) for (ms,) in connection.execute(_WAITS, [keys, xids])]


def _produce(producer: Connection, insert: str, rate: int, seconds: float) -> dict[str, str]:
    """Commit events at random times; return the transaction id of each, by its key."""
    random = Random(rate)
    sent: dict[str, str] = {}
    moment = time.perf_counter()
    for number in range(int(rate * seconds)):
        moment += random.expovariate(rate)
        time.sleep(max(0.0, moment - time.perf_counter()))
        key = f"latency:{number}"
        with producer.transaction():
            [(sent[key],)] = producer.execute(insert, {"n": number, "key": key}).fetchall()
    return sent


def _count(connection: Connection) -> int:
    row = connection.execute("SELECT count(*) FROM cc_admin_inbox_items").fetchone()
    return int(row[0]) if row else 0


def _compare(report: Report, rate: int, waits: dict[str, list[list[float]]]) -> None:
    own, *others = waits.values()
    for rank, bar in ((50, 6.0), (99, 15.0)):
        samples = [percentile(run, rank) for run in own]
        what = f"commit to item at {rate}/s, p{rank}"
        report.add(Row(what=what, samples=samples, bar=bar, unit="ms"))
    for other in others:
        pairs = zip(own, other, strict=True)
        samples = [percentile(mine, 50) / percentile(theirs, 50) for mine, theirs in pairs]
        theirs = [percentile(run, 50) for run in other]
        note = f"PgQueuer: {min(theirs):.2f} … {max(theirs):.2f} ms"
        what = f"commit to item at {rate}/s, p50 compared with PgQueuer's"
        report.add(Row(what=what, samples=samples, bar=1.5, note=note))
    report.numbers[f"latency at {rate}/s in ms"] = {
        name: {f"p{rank}": [percentile(run, rank) for run in runs] for rank in (50, 90, 99)}
        for name, runs in waits.items()
    }
