from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest

from app.core.database import Sessions
from app.core.errors import NotFound
from app.inbox import queries
from app.inbox.drafts import Severity
from app.inbox.item_conditions import ItemFilter
from app.inbox.models import ItemStatus
from app.inbox.queries import list_items, open_by_severity, show_item
from app.inbox.tabs import Order
from tests.inbox.conftest import AddItem

TYPES = ("fraud_case_created", "automation_dead_letter")


def ids(sessions: Sessions, **wanted: Any) -> list[int]:
    with sessions.begin() as session:
        page = list_items(session, ItemFilter(**wanted), order=Order.NEWEST, limit=200)
    return [item.id for item in page.items]


def walk(sessions: Sessions, wanted: ItemFilter, limit: int) -> Iterator[list[int]]:
    cursor = None
    while True:
        with sessions.begin() as session:
            page = list_items(session, wanted, cursor=cursor, limit=limit)
        yield [item.id for item in page.items]
        cursor = page.next_cursor
        if cursor is None:
            return


def test_pages_contain_every_item_once_newest_first(sessions: Sessions, add_item: AddItem) -> None:
    added = [add_item() for _ in range(7)]
    pages = list(walk(sessions, ItemFilter(), 3))
    assert [len(page) for page in pages] == [3, 3, 1]
    assert [item for page in pages for item in page] == added[::-1]


def test_a_last_page_that_is_exactly_full_has_no_next(
    sessions: Sessions, add_item: AddItem
) -> None:
    for _ in range(4):
        add_item()
    assert [len(page) for page in walk(sessions, ItemFilter(), 2)] == [2, 2]


def test_a_new_item_does_not_move_items_between_pages(
    sessions: Sessions, add_item: AddItem
) -> None:
    first, second = add_item(), add_item()
    pages = walk(sessions, ItemFilter(), 1)
    assert next(pages) == [second]
    add_item()
    assert next(pages) == [first]


def test_every_combination_of_filters_returns_exactly_the_matching_items(
    sessions: Sessions, add_item: AddItem
) -> None:
    rows = {}
    for kind, severity, status in product(TYPES, list(Severity), list(ItemStatus)):
        closed = "2026-11-22T12:00Z" if status in {"resolved", "dismissed"} else None
        item_id = add_item(type=kind, severity=severity, status=status, closed_at=closed)
        rows[item_id] = (kind, severity, status)
    for any_kind, any_severity, any_status in product(
        (None, *TYPES), (None, *Severity), (None, *ItemStatus)
    ):
        fitting = [
            item_id
            for item_id, (k, v, s) in sorted(rows.items(), reverse=True)
            if any_kind in {None, k} and any_severity in {None, v} and any_status in {None, s}
        ]
        assert ids(sessions, type=any_kind, severity=any_severity, status=any_status) == fitting


def test_the_assignee_filter_returns_the_items_of_the_assignee(
    sessions: Sessions, add_item: AddItem
) -> None:
    add_item(assignee="jonas")
    mine = add_item(assignee="maria", severity="error")
    add_item(assignee="maria", severity="info")
    nobodys = add_item()
    assert ids(sessions, assignee="maria", severity=Severity.ERROR) == [mine]
    assert ids(sessions, unassigned=True) == [nobodys]


def test_search_ignores_case_and_covers_title_body_and_link(
    sessions: Sessions, add_item: AddItem
) -> None:
    title = add_item(title="Message to ••• 4567 failed")
    body = add_item(body="They wrote: LISBON")
    link = add_item(link_ref="/automation/cases/42")
    assert ids(sessions, q="4567") == [title]
    assert ids(sessions, q="lisbon") == [body]
    assert ids(sessions, q="cases/42") == [link]


def test_a_search_without_a_letter_or_digit_finds_nothing(
    sessions: Sessions, add_item: AddItem
) -> None:
    add_item(title="100% sure")
    assert ids(sessions, q="%") == []
    assert ids(sessions, q="_ 🙂") == []


def test_open_items_are_counted_by_severity_up_to_the_cap(
    sessions: Sessions, add_item: AddItem, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "COUNT_CAP", 2)
    for _ in range(3):
        add_item(severity="error")
    add_item(severity="info")
    add_item(severity="critical", status="resolved", closed_at="2026-11-22T12:00Z")
    with sessions.begin() as session:
        counts = open_by_severity(session)
    assert counts == {"info": 1, "warning": 0, "error": 2, "critical": 0}


def test_a_missing_item_is_not_found(sessions: Sessions) -> None:
    with sessions.begin() as session, pytest.raises(NotFound, match="7"):
        show_item(session, 7)
