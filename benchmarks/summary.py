"""The daily summary of a day with many events, with as many events on the day before."""

import time
from collections.abc import Iterator
from datetime import date
from zoneinfo import ZoneInfo

from psycopg import Connection

from app.bootstrap import Container, build
from app.reports.business_day import business_day
from app.reports.figures import count_day
from benchmarks import seed
from benchmarks.lab import Lab
from benchmarks.results import Report, Row

_DAY = date(2026, 3, 2)

_SPREAD_EVENTS = """
UPDATE cc_automation_events AS event
SET created_at = moment, sent_at = moment + ((id %% 977) || ' ms')::interval, updated_at = moment
FROM (
    SELECT id AS of, %(start)s::timestamptz + (id - %(first)s) * interval '1 day' / %(count)s
        AS moment
    FROM cc_automation_events WHERE id >= %(first)s
) AS spread
WHERE id = of
"""
_SPREAD_ITEMS = """
UPDATE cc_admin_inbox_items AS item
SET created_at = event.sent_at,
    closed_at = CASE WHEN closed_at IS NOT NULL THEN event.sent_at + interval '1 hour' END
FROM cc_automation_events AS event
WHERE event.id = item.event_id AND event.id >= %(first)s
"""


def run(lab: Lab, report: Report, *, events: int, rounds: int) -> Iterator[str]:
    """Measure the row for the daily summary; yield each step in words."""
    with lab.database() as database, database.admin() as connection:
        for day in (_DAY.replace(day=_DAY.day - 1), _DAY):
            yield f"summary: writing {events:,} events of {day}"
            _write(connection, day, events)
        container = build(lab.settings(database), process="summary")
        yield f"summary: counting, {rounds} rounds"
        spent = [_seconds(container) for _ in range(rounds)]
        container.close()
    report.add(
        Row(
            what=f"daily summary over {events:,} events of the day",
            samples=spent,
            bar=1.0,
            unit="s",
            note=f"{events:,} events and items of the day before in the tables",
        )
    )


def _write(connection: Connection, day: date, count: int) -> None:
    [(newest,)] = connection.execute(
        "SELECT coalesce(max(id), 0) FROM cc_automation_events"
    ).fetchall()
    seed.processed(connection, count, first=newest + 1)
    bounds = {"start": business_day(day, ZoneInfo("UTC")).starts_at, "first": newest + 1}
    for statement in (_SPREAD_EVENTS, _SPREAD_ITEMS):
        connection.execute(statement, bounds | {"count": count})
    for table in ("cc_automation_events", "cc_admin_inbox_items"):
        connection.execute(f"CLUSTER {table} USING pk_{table}")
        connection.execute(f"VACUUM ANALYZE {table}")


def _seconds(container: Container) -> float:
    started = time.perf_counter()
    with container.sessions.begin() as session:
        count_day(session, business_day(_DAY, ZoneInfo("UTC")))
    return time.perf_counter() - started
