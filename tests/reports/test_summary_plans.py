"""The daily summary reads a big day by the plans that its speed rests on."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, create_engine, event, text

from app.bootstrap import Container
from app.core.database import Sessions
from tests.reports.days import summarise
from tests.whatsapp import Read

EVENTS = """
INSERT INTO cc_automation_events
    (event_type, dedupe_key, payload, subject_ref, status, next_attempt_at, created_at, sent_at)
SELECT 't', 'event ' || n, '{}', 'x:1', 'sent', NULL, at, at + n % 3 * interval '5.1 ms'
FROM (SELECT n, timestamptz '2026-11-21 00:00Z' + n * interval '1.000003 s' AS at
      FROM generate_series(1, 5000) AS n) AS moments
"""
ITEMS = """
INSERT INTO cc_admin_inbox_items
    (type, severity, title, body, dedupe_key, created_at, status, closed_at)
SELECT 'type ' || n % 4, 'error', 't', repeat('b', 500), 'item ' || n, at,
       CASE WHEN n % 5 = 0 THEN 'open' ELSE 'resolved' END,
       CASE WHEN n % 5 > 0 THEN at + interval '1 hour' END
FROM (SELECT n, timestamptz '2026-11-21 00:00Z' + n * interval '10 s' AS at
      FROM generate_series(1, 5000) AS n) AS moments
"""
BY_INDEX = ("SET enable_seqscan = off", "SET enable_bitmapscan = off")


@pytest.fixture
def owner(database_urls: tuple[str, str]) -> Iterator[Connection]:
    engine = create_engine(database_urls[1], isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        yield connection
    engine.dispose()


@pytest.fixture
def plans(container: Container, sessions: Sessions, read: Read, owner: Connection) -> "Plans":
    """Return the plans of a summary of 5,000 events and items."""
    read(EVENTS)
    read(ITEMS)
    owner.execute(text("VACUUM ANALYZE cc_automation_events, cc_admin_inbox_items"))
    sent: list[tuple[str, Any]] = []
    event.listen(
        container.engine, "before_cursor_execute", lambda *call: sent.append((call[2], call[3]))
    )
    summarise(sessions)
    return Plans(container, sent)


class Plans:
    """The statements that were sent, and how PostgreSQL would run them."""

    def __init__(self, container: Container, sent: list[tuple[str, Any]]) -> None:
        self._container = container
        self._sent = sent

    def of(self, words: str, *settings: str) -> list[dict[str, Any]]:
        """Return every node of the plan of the one statement that holds `words`."""
        [(statement, values)] = [each for each in self._sent if words in each[0]]
        with self._container.engine.connect() as connection:
            for setting in settings:
                connection.exec_driver_sql(setting)
            explain = f"EXPLAIN (FORMAT JSON) {statement}"
            [top] = connection.exec_driver_sql(explain, values).scalar_one()
            connection.rollback()
        return list(_nodes(top["Plan"]))


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", ()):
        yield from _nodes(child)


def test_the_planner_estimates_the_groups_of_events_from_their_waits(plans: Plans) -> None:
    """Otherwise it sorts the events of the day, by one process."""
    top, *_ = plans.of("date_trunc")
    assert top["Plan Rows"] == 3


def test_it_counts_the_inbox_without_reading_its_rows(plans: Plans) -> None:
    nodes = plans.of("FROM cc_admin_inbox_items", *BY_INDEX)
    scans = [node["Node Type"] for node in nodes if "Relation Name" in node]
    assert scans == ["Index Only Scan"] * 3
