"""The orders and the tabs of the list, and what a page of it reads among many items."""

from base64 import b64encode
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import chain, product
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from app.core.database import Sessions
from app.core.errors import InvalidInput
from app.inbox.drafts import Severity
from app.inbox.item_conditions import ItemFilter
from app.inbox.position import Position, decode_position, encode_position
from app.inbox.queries import count_by_tab, list_items
from app.inbox.tabs import Order, Tab, default_order
from tests.inbox.conftest import AddItem

LIMIT = 50


def hours(number: float) -> datetime:
    """Return the time that lies so many hours in the future."""
    return datetime.now(UTC) + timedelta(hours=number)


def walk(
    sessions: Sessions, wanted: ItemFilter, order: Order | None = None, *, limit: int
) -> Iterator[int]:
    cursor = None
    while True:
        with sessions.begin() as session:
            page = list_items(session, wanted, order=order, cursor=cursor, limit=limit)
        yield from (item.id for item in page.items)
        cursor = page.next_cursor
        if cursor is None:
            return


def ids(
    sessions: Sessions, tab: Tab | None, order: Order | None = None, **filters: Any
) -> list[int]:
    return list(walk(sessions, ItemFilter(status=tab, **filters), order, limit=200))


def promise(**columns: Any) -> dict[str, Any]:
    return {"status": "acknowledged", "assignee": "maria", "promised_by": "maria", **columns}


@pytest.fixture
def every_kind(add_item: AddItem) -> dict[str, int]:
    """An item of each kind, oldest first."""
    closed = {"status": "resolved", "closed_at": hours(-1)}
    return {
        "info": add_item(created_at=hours(-9), last_seen_at=hours(-9)),
        "old warning": add_item(severity="warning", created_at=hours(-8), last_seen_at=hours(-8)),
        "recurring": add_item(severity="warning", created_at=hours(-7), last_seen_at=hours(0)),
        "critical": add_item(severity="critical", created_at=hours(-6), last_seen_at=hours(-6)),
        "late": add_item(
            **promise(promised_until=hours(-1)), severity="warning", created_at=hours(-5)
        ),
        "promised": add_item(**promise(promised_until=hours(1)), created_at=hours(-5)),
        "acknowledged": add_item(status="acknowledged", created_at=hours(-4)),
        "snoozed": add_item(snoozed_until=hours(1), created_at=hours(-4)),
        "until it recurs": add_item(snoozed_occurrences=1, created_at=hours(-4)),
        "recurred": add_item(snoozed_occurrences=1, occurrences=2, created_at=hours(-3)),
        "awake": add_item(snoozed_until=hours(-2), severity="warning", created_at=hours(-10)),
        "snoozed, late": add_item(
            **promise(promised_until=hours(-2)), snoozed_until=hours(1), severity="warning"
        ),
        "awake, known": add_item(status="acknowledged", snoozed_until=hours(-1)),
        "resolved": add_item(**closed, promised_by="maria", promised_until=hours(-9)),
        "dismissed": add_item(status="dismissed", closed_at=hours(-1)),
    }


EXPECTED = {
    Tab.OPEN: [
        "critical",
        "snoozed, late",
        "late",
        "old warning",
        "recurring",
        "awake",
        "info",
        "recurred",
    ],
    Tab.ACKNOWLEDGED: ["acknowledged", "awake, known", "promised"],
    Tab.SNOOZED: ["snoozed", "until it recurs"],
    Tab.RESOLVED: ["resolved"],
    Tab.DISMISSED: ["dismissed"],
}


def test_an_urgent_list_has_the_severity_then_overdue_promises_then_the_longest_wait(
    sessions: Sessions, every_kind: dict[str, int]
) -> None:
    for tab, names in EXPECTED.items():
        assert ids(sessions, tab, Order.URGENT) == [every_kind[name] for name in names]


def test_every_item_is_in_exactly_one_tab_and_each_count_leads_to_its_rows(
    sessions: Sessions, every_kind: dict[str, int]
) -> None:
    with sessions.begin() as session:
        counts = count_by_tab(session, ItemFilter())
    for order in Order:
        rows = {tab: ids(sessions, tab, order) for tab in Tab}
        assert counts == {tab: len(each) for tab, each in rows.items()}
        every = sorted(rows.pop(Tab.ALL))
        assert sorted(chain.from_iterable(rows.values())) == every == sorted(every_kind.values())


def test_the_newest_list_goes_by_the_last_occurrence(sessions: Sessions, add_item: AddItem) -> None:
    recurred = add_item(created_at=hours(-9), last_seen_at=hours(-1), occurrences=2)
    old = add_item(created_at=hours(-8), last_seen_at=hours(-8))
    new = add_item(created_at=hours(-2), last_seen_at=hours(-2), severity="error")
    assert ids(sessions, Tab.OPEN, Order.NEWEST) == [recurred, new, old]
    assert ids(sessions, Tab.OPEN, Order.URGENT) == [new, recurred, old]


def test_pages_of_any_size_hold_the_same_rows(
    sessions: Sessions, every_kind: dict[str, int]
) -> None:
    assert every_kind
    for order, tab, limit in product(Order, (Tab.OPEN, Tab.ACKNOWLEDGED, Tab.ALL), (1, 2, 3)):
        wanted = ItemFilter(status=tab)
        assert list(walk(sessions, wanted, order, limit=limit)) == ids(sessions, tab, order)


def test_a_promise_that_becomes_overdue_meanwhile_moves_no_row_between_pages(
    sessions: Sessions, add_item: AddItem
) -> None:
    first, second = add_item(created_at=hours(-2)), add_item(created_at=hours(-1))
    with sessions.begin() as session:
        page = list_items(session, ItemFilter(status=Tab.OPEN), limit=1)
    assert [item.id for item in page.items] == [first]
    add_item(**promise(promised_until=hours(-1)))
    with sessions.begin() as session:
        page = list_items(session, ItemFilter(status=Tab.OPEN), cursor=page.next_cursor, limit=5)
    assert [item.id for item in page.items] == [second]


def test_items_that_wait_are_listed_by_urgency_and_all_others_by_time() -> None:
    assert {tab for tab in Tab if default_order(tab) is Order.URGENT} == {
        Tab.OPEN,
        Tab.ACKNOWLEDGED,
        Tab.SNOOZED,
    }
    assert default_order(None) is Order.NEWEST


NOW = datetime(2026, 11, 26, 5, 0, 0, 1, tzinfo=UTC)
POSITION = Position(Order.URGENT, NOW, 3, 1, datetime(9999, 12, 31, tzinfo=UTC), 12)


def test_a_cursor_holds_a_position() -> None:
    assert decode_position(encode_position(POSITION), Order.URGENT) == POSITION
    assert decode_position(None, Order.URGENT) is None


def _cursor(text: str) -> str:
    return b64encode(text.encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "é",
        encode_position(POSITION)[:-4],
        encode_position(replace(POSITION, order=Order.NEWEST)),
        encode_position(replace(POSITION, id=2**63)),
        _cursor("urgent|2026-13-26T05:00:00+00:00|3|1|2026-11-26T05:00:00+00:00|12"),
    ],
)
def test_a_cursor_that_does_not_come_from_this_list_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidInput, match="start again without it"):
        decode_position(cursor, Order.URGENT)


MANY = """
INSERT INTO cc_admin_inbox_items
    (type, severity, title, body, status, closed_at, dedupe_key, assignee, created_at,
     last_seen_at, promised_until, promised_by, snoozed_until)
SELECT CASE WHEN n = 25 THEN 'rare' ELSE 'common' END,
    (ARRAY['critical', 'error', 'warning', 'info'])[1 + n / 7 % 4],
    'title', 'body', status, CASE WHEN status IN ('resolved', 'dismissed') THEN now() END,
    n::text, CASE WHEN status = 'acknowledged' THEN 'ana' END,
    now() - interval '1 s' * n,
    now() - interval '1 s' * (n - CASE WHEN n % 11 = 0 THEN 1 ELSE 0 END),
    CASE WHEN promise THEN now() + interval '1 h' * (n % 3 - 0.5) END,
    CASE WHEN promise THEN 'ana' END,
    CASE WHEN n % 21 = 3 THEN now() + interval '1 h' * (n % 7 - 0.5) END
FROM (
    SELECT n, status, status = 'acknowledged' AND n % 2 = 0 AS promise
    FROM (SELECT n, (ARRAY['open', 'acknowledged', 'dismissed', 'resolved', 'resolved'])[1 + n % 5]
          AS status FROM generate_series(1, 30000) AS n) AS numbered
) AS made
"""
FILTERS: list[dict[str, Any]] = [
    {},
    {"severity": Severity.CRITICAL},
    {"type": "rare"},
    {"type": "common"},
    {"type": "common", "severity": Severity.WARNING},
    {"assignee": "ana"},
    {"unassigned": True},
]


@pytest.fixture
def many(sessions: Sessions, database_urls: tuple[str, str]) -> Sessions:
    with sessions.begin() as session:
        session.execute(text(MANY))
    owner = create_engine(database_urls[1])  # who alone may analyse, besides autovacuum
    with owner.begin() as connection:
        connection.execute(text("ANALYZE cc_admin_inbox_items"))
    owner.dispose()
    return sessions


@pytest.mark.slow
def test_a_page_reads_little_more_than_itself_among_many_items(many: Sessions) -> None:
    for tab, order, filters in product(Tab, Order, FILTERS):
        wanted = ItemFilter(status=tab, **filters)
        cursor = None
        for number in range(2):
            with many.begin() as session:
                before = _rows_read(session)
                page = list_items(session, wanted, order=order, cursor=cursor, limit=LIMIT)
                read = _rows_read(session) - before
            assert read < 100 * LIMIT, (tab, order, filters, number, read)
            cursor = page.next_cursor


def _rows_read(session: Session) -> int:
    query = (
        "SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables"
        " WHERE relname = 'cc_admin_inbox_items'"
    )
    return int(session.execute(text(query)).scalar_one())
