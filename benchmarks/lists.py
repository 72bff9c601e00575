"""The lists of events, messages, cases and verifications among many rows: database time."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from psycopg import Connection
from sqlalchemy.orm import Session

from app.bootstrap import Container, build
from app.core.paging import Page
from app.fraud.models import CaseStatus, VerificationStatus
from app.fraud.queries import list_cases, list_verifications
from app.outbound.failed_messages import failed_messages
from app.outbound.models import OutboundStatus
from app.outbound.queries import JobFilter, list_jobs, show_job
from app.outbox.failure_groups import failure_groups
from app.outbox.models import EventStatus
from app.outbox.queries import EventFilter, list_events, show_event
from app.timeline.customer_items import items_of_customer
from app.timeline.read import Of, read_timeline
from app.web.system_state import read_system_state
from benchmarks.database_time import database_ms
from benchmarks.lab import Lab
from benchmarks.results import Report, Row

_RUNS = 7
_BAR_MS = 50.0
_DEEP = 40
_PAGE = 100

List = Callable[..., Page[Any]]

_CUSTOMERS = """
INSERT INTO cc_customers (number_encrypted, number_fingerprint, masked)
SELECT 'sealed', 'customer ' || n, '••• ' || lpad((n %% 10000)::text, 4, '0')
FROM generate_series(1, %(customers)s::bigint) AS n
"""
_VERIFICATIONS = """
INSERT INTO cc_verification_jobs (status, customer_id, language, report, closed_at, created_at)
SELECT status, 1 + n %% %(customers)s, 'es', 'Me llamaron del banco.',
    CASE WHEN status <> 'awaiting_verification' THEN at END, at
FROM (SELECT n, now() - (%(cases)s - n) * interval '9 s' AS at,
          CASE WHEN n %% 1000 = 0 AND n > %(cases)s - %(customers)s THEN 'awaiting_verification'
               WHEN n %% 9 = 0 THEN 'expired' ELSE 'verified' END AS status
      FROM generate_series(1, %(cases)s::bigint) AS n) AS numbered
"""
_CASES = """
INSERT INTO cc_fraud_cases
    (status, verification_job_id, customer_id, language, report, created_at)
SELECT CASE WHEN id %% 50 = 0 THEN 'open' ELSE 'closed' END, id, customer_id, language, report,
    created_at
FROM cc_verification_jobs WHERE status = 'verified' ORDER BY id
"""
_MESSAGES = """
INSERT INTO cc_outbound_jobs (kind, customer_id, text_encrypted, subject_ref, status, attempts,
    next_attempt_at, sent_at, failed_at, last_error, last_error_code, created_at)
SELECT 'text', 1 + n %% %(customers)s, 'sealed', 'case:' || n / 2, status, 1, NULL,
    CASE WHEN status <> 'failed' THEN at END, CASE WHEN status = 'failed' THEN at END,
    CASE WHEN status = 'failed' THEN 'Blocked for reason ' || n %% 7 END, NULL, at
FROM (SELECT n, now() - (%(messages)s - n) * interval '3 s' AS at,
          CASE WHEN n %% 700 = 0 THEN 'failed' ELSE (ARRAY['sent', 'delivered', 'read'])[1 + n %% 3]
          END AS status
      FROM generate_series(1, %(messages)s::bigint) AS n) AS numbered
"""
_EVENTS = """
INSERT INTO cc_automation_events (event_type, dedupe_key, payload, subject_ref, status, attempts,
    next_attempt_at, created_at, sent_at, dead_at, last_error, error_fingerprint)
SELECT (ARRAY['fraud_case_created', 'otp_verification_stuck',
               'outbound_failed_max_attempts'])[1 + n %% 3],
    'seeded:' || n, '{"report": "I got a call from someone who said they were my bank."}',
    'case:' || n, CASE WHEN n %% 500 = 0 THEN 'failed' ELSE 'sent' END, 0, NULL, at,
    CASE WHEN n %% 500 > 0 THEN at END, CASE WHEN n %% 500 = 0 THEN at END,
    CASE WHEN n %% 500 = 0 THEN 'KeyError: report ' || n %% 11 END,
    CASE WHEN n %% 500 = 0 THEN 'KeyError-' || n %% 11 END
FROM (SELECT n, now() - (%(events)s - n) * interval '1 s' AS at
      FROM generate_series(1, %(events)s::bigint) AS n) AS numbered
"""
_TABLES = (
    "cc_customers",
    "cc_verification_jobs",
    "cc_fraud_cases",
    "cc_outbound_jobs",
    "cc_automation_events",
)
_EVENT_FILTERS = {
    "all": EventFilter(),
    "sent": EventFilter(status=EventStatus.SENT),
    "pending": EventFilter(status=EventStatus.PENDING),
    "failed": EventFilter(status=EventStatus.FAILED),
    "dead": EventFilter(dead=True),
    "due": EventFilter(due=True),
    "discarded": EventFilter(discarded=True),
    "of one type": EventFilter(event_type="otp_verification_stuck"),
    "of one error": EventFilter(error_fingerprint="KeyError-3"),
    "of one case": EventFilter(q="case:4321"),
    "failed, with a word": EventFilter(status=EventStatus.FAILED, q="KeyError"),
    "of one item": EventFilter(item_id=1),
}
_MESSAGE_FILTERS = {
    "all": JobFilter(),
    "sent": JobFilter(status=OutboundStatus.SENT),
    "failed": JobFilter(status=OutboundStatus.FAILED),
    "queued": JobFilter(status=OutboundStatus.QUEUED),
    "discarded": JobFilter(discarded=True),
    "of one error": JobFilter(last_error="Blocked for reason 3"),
    "of one case": JobFilter(subject_ref="case:4321"),
    "of one customer": JobFilter(customer_id=4321),
}


def run(lab: Lab, report: Report, *, events: int, messages: int) -> Iterator[str]:
    """Measure the lists, single rows and the overview; yield each step in words."""
    sizes = {"events": events, "messages": messages, "cases": messages, "customers": messages // 5}
    with lab.database() as database, database.admin() as connection:
        yield f"lists: writing {events:,} events, {messages:,} messages and as many verifications"
        for statement in (_CUSTOMERS, _VERIFICATIONS, _CASES, _MESSAGES, _EVENTS):
            connection.execute(statement, sizes)
        for table in _TABLES:
            connection.execute(f"VACUUM ANALYZE {table}")
        container = build(lab.settings(database), process="lists")
        meter = _Meter(container, connection, report)
        for name, each in _lists().items():
            yield f"lists: {name}"
            meter.measure_list(name, each)
        for name, call in _single(container).items():
            yield f"lists: {name}"
            meter.measure(name, call)
        container.close()


def _lists() -> dict[str, List]:
    lists: dict[str, List] = {}
    for name, events in _EVENT_FILTERS.items():
        lists[f"events, {name}"] = partial(list_events, wanted=events)
    for name, jobs in _MESSAGE_FILTERS.items():
        lists[f"messages, {name}"] = partial(list_jobs, wanted=jobs)
    lists["cases, all"] = list_cases
    lists["verifications, all"] = list_verifications
    for case in CaseStatus:
        lists[f"cases, {case}"] = partial(list_cases, status=case)
    for verification in VerificationStatus:
        lists[f"verifications, {verification}"] = partial(list_verifications, status=verification)
    lists["cases of one customer"] = partial(list_cases, customer_id=4321)
    lists["verifications of one customer"] = partial(list_verifications, customer_id=4321)
    return lists


def _single(container: Container) -> dict[str, Callable[[Session], object]]:
    calls: dict[str, Callable[[Session], object]] = {
        "one event": lambda session: show_event(session, 4321),
        "one message": lambda session: show_job(session, 4321),
        "groups of failed events": failure_groups,
        "groups of failed messages": failed_messages,
        "the items of one customer": lambda session: items_of_customer(session, 4321),
        "the overview": lambda session: read_system_state(session, notify=True),
    }
    for of in (Of.CASE, Of.EVENT, Of.MESSAGE, Of.VERIFICATION):
        calls[f"the timeline of one {of}"] = partial(
            read_timeline, of=of, row_id=4321, vault=container.vault
        )
    return calls


@dataclass(frozen=True, slots=True)
class _Meter:
    """Adds rows to the report: the first page of a list and one far down, or a single call."""

    container: Container
    connection: Connection
    report: Report

    def measure_list(self, name: str, each: List) -> None:
        """Measure the first page, and the page after _DEEP others or the last one."""
        cursor = self._deep_cursor(each)
        self.measure(f"{name}: page 1", each)
        self.measure(f"{name}: page {_DEEP + 1}", partial(each, cursor=cursor))

    def measure(self, name: str, call: Callable[[Session], object]) -> None:
        """Measure one call."""
        spent = database_ms(self.container, call, self.connection, runs=_RUNS)
        self.report.add(Row(what=f"lists, {name}", samples=spent, bar=_BAR_MS, unit="ms"))

    def _deep_cursor(self, each: List) -> str | None:
        cursor = None
        with self.container.sessions.begin() as session:
            for _ in range(_DEEP):
                page = each(session, cursor=cursor, limit=_PAGE)
                if page.next_cursor is None:
                    break
                cursor = page.next_cursor
        return cursor
