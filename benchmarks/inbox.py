"""The lists of the inbox and its search among many items: the time of the database."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from psycopg import Connection
from sqlalchemy.orm import Session

from app.bootstrap import Container, build
from app.inbox.drafts import Severity
from app.inbox.find_items import resolve
from app.inbox.index_items import index_items
from app.inbox.item_conditions import ItemFilter
from app.inbox.queries import count_by_tab, list_items
from app.inbox.tabs import Order, Tab
from benchmarks.database_time import database_ms
from benchmarks.lab import Lab
from benchmarks.results import Report, Row

_RUNS = 7
_BAR_MS = 50.0
_DEEP = 40

_ITEMS = """
INSERT INTO cc_admin_inbox_items (type, severity, title, body, link_ref, dedupe_key, status,
    closed_at, assignee, promised_until, promised_by, snoozed_until, created_at, last_seen_at)
SELECT (ARRAY['fraud_case_created', 'outbound_failed_max_attempts',
              'otp_verification_stuck'])[1 + n %% 3],
    (ARRAY['critical', 'error', 'warning', 'info'])[1 + n %% 4],
    'Fraud reported by ••• ' || lpad((n * 7919 %% 10000)::text, 4, '0'),
    'I got a call from ' || (ARRAY['a bank', 'my uncle', 'the police', 'Cancún'])[1 + n / 7 %% 4]
        || ' and they took ' || n * 37 %% 100000 || ' pesos'
        || CASE WHEN n %% 1000 < 2 THEN ' in Veracruz' ELSE '' END
        || CASE WHEN n %% 1000 IN (1, 2) THEN ' yesterday' ELSE '' END
        || CASE WHEN n = 4321 THEN ' near Xochimilco' ELSE '' END || '.',
    '/automation/cases/' || n, 'seeded:' || n, status,
    CASE WHEN status IN ('resolved', 'dismissed') THEN at + interval '1 hour' END,
    CASE WHEN n %% 5 < 2 THEN 'person ' || n %% 20 END,
    CASE WHEN status = 'acknowledged' AND n %% 2 = 0 THEN at + interval '1 day' END,
    CASE WHEN status = 'acknowledged' AND n %% 2 = 0 THEN 'person 1' END,
    CASE WHEN status = 'open' AND n %% 3 = 0 THEN now() + n %% 97 * interval '1 hour' END, at, at
FROM (SELECT n, now() - (%(items)s - n) * interval '2 s' AS at,
          (ARRAY['open', 'acknowledged', 'dismissed', 'resolved', 'resolved', 'resolved',
                 'resolved', 'resolved', 'resolved', 'resolved'])[1 + n / 11 %% 10] AS status
      FROM generate_series(1, %(items)s::bigint) AS n) AS numbered
"""
_FILTERS = {
    "open, of a person": ItemFilter(status=Tab.OPEN, assignee="person 1"),
    "open, of nobody": ItemFilter(status=Tab.OPEN, unassigned=True),
    "resolved, of one type": ItemFilter(status=Tab.RESOLVED, type="otp_verification_stuck"),
    "critical, of one type and person": ItemFilter(
        severity=Severity.CRITICAL, type="fraud_case_created", assignee="person 3"
    ),
}
_SEARCHES = {
    "a word of one item": "Xochimilco",
    "a word of 2,000 items": "veracruz",
    "a word of every item": "fraud",
    "two words, each of every item": "call pesos",
    "words of 2,000 items, together in 1,000": "veracruz yesterday",
    "a common and a rare word": "cancun xochimilco",
    "the last four digits of a number": "0147",
    "an item": "#4321",
    "a case": "case 4321",
    "a word of no item": "zzz",
}
_SINCE = {"ten minutes ago": timedelta(minutes=10), "yesterday": timedelta(days=1)}


def run(lab: Lab, report: Report, *, items: int) -> Iterator[str]:
    """Measure the lists and the search; yield each step in words."""
    with lab.database() as database, database.admin() as connection:
        yield f"inbox: writing {items:,} items and their words"
        connection.execute(_ITEMS, {"items": items})
        container = build(lab.settings(database), process="inbox")
        while index_items(container.sessions):
            pass
        for table in ("cc_admin_inbox_items", "cc_inbox_search"):
            connection.execute(f"VACUUM ANALYZE {table}")
        meter = _Meter(container, connection, report)
        for name, wanted, order in _lists():
            yield f"inbox: {name}"
            meter.measure(name, wanted, order)
        container.close()


def _lists() -> Iterator[tuple[str, ItemFilter, Order]]:
    for tab in Tab:
        for order in Order:
            yield f"{tab}, {order}", ItemFilter(status=tab), order
    for name, wanted in _FILTERS.items():
        yield name, wanted, Order.URGENT
    for name, q in _SEARCHES.items():
        yield f"search for {name}", ItemFilter(q=q), Order.NEWEST
    for name, time in _SINCE.items():
        yield f"new since {name}", ItemFilter(since=datetime.now(UTC) - time), Order.NEWEST


@dataclass(frozen=True, slots=True)
class _Meter:
    """Measures the first page with the counts of all tabs, and a page far down."""

    container: Container
    connection: Connection
    report: Report

    def measure(self, name: str, wanted: ItemFilter, order: Order) -> None:
        """Add two rows to the report."""
        deep = self._deep_cursor(wanted, order)

        def first(session: Session) -> object:
            found = resolve(session, wanted)
            return list_items(session, found, order=order), count_by_tab(session, found)

        def later(session: Session) -> object:
            return list_items(session, wanted, order=order, cursor=deep)

        for part, call in (("page 1 and counts", first), (f"page {_DEEP + 1}", later)):
            spent = database_ms(self.container, call, self.connection, runs=_RUNS)
            what = f"inbox, {name}: {part}"
            self.report.add(Row(what=what, samples=spent, bar=_BAR_MS, unit="ms"))

    def _deep_cursor(self, wanted: ItemFilter, order: Order) -> str | None:
        """Return the cursor after _DEEP pages, or that of the last page."""
        cursor = None
        with self.container.sessions.begin() as session:
            for _ in range(_DEEP):
                page = list_items(session, wanted, order=order, cursor=cursor, limit=100)
                if page.next_cursor is None:
                    break
                cursor = page.next_cursor
        return cursor
