"""The search over all items: words, notes, ids and cases, with and without an index."""

from collections.abc import Callable

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.core.database import Sessions
from app.inbox import find_items
from app.inbox.actions import Action
from app.inbox.add_note import add_note
from app.inbox.apply_action import apply_action
from app.inbox.find_items import resolve
from app.inbox.index_items import index_items
from app.inbox.item_conditions import ItemFilter
from app.inbox.models import InboxSearchProgress
from app.inbox.queries import count_by_tab, list_items
from app.inbox.search_terms import CaseId, ItemId, Words, parse_terms
from app.inbox.tabs import Order, Tab
from tests.inbox.conftest import AddItem, add_item

__all__ = ["add_item"]

Find = Callable[[str], list[int]]


@pytest.mark.parametrize(
    "typed, meant",
    [
        ("#937", ItemId(937)),
        (" # 937 ", ItemId(937)),
        ("case 5", CaseId(5)),
        ("Case:5", CaseId(5)),
        ("case #5", CaseId(5)),
        ("case", Words(("case",))),
        ("#99999999999999999999", Words(("99999999999999999999",))),
        ("#9223372036854775808", Words(("9223372036854775808",))),
        ("#0", Words(("0",))),
        ("Cancún, HOTEL", Words(("cancun", "hotel"))),
        ("_ % 🙂", Words(())),
        ("masked_phone", Words(("masked", "phone"))),
    ],
)
def test_a_search_is_read_as_an_id_a_case_or_words(typed: str, meant: object) -> None:
    assert parse_terms(typed) == meant


@pytest.fixture(params=["indexed", "fresh"])
def find(request: pytest.FixtureRequest, sessions: Sessions) -> Find:
    """Return a function that searches in all items, after or before they are indexed."""

    def search(q: str) -> list[int]:
        if request.param == "indexed":
            index_items(sessions)
        with sessions.begin() as session:
            page = list_items(session, ItemFilter(q=q), order=Order.NEWEST)
        return sorted(item.id for item in page.items)

    return search


def test_all_words_must_match_in_any_order_and_any_part(find: Find, add_item: AddItem) -> None:
    both = add_item(title="Fraud reported by ••• 0147", body="I lost 250000 pesos in Cancún.")
    add_item(title="Fraud reported by ••• 0148", body="I lost my card.")
    assert find("cancun 0147") == [both]
    assert find("PESOS frau") == [both]
    assert find("pesos card") == []


def test_a_number_matches_as_a_whole_and_a_word_by_its_beginning(
    find: Find, add_item: AddItem
) -> None:
    item = add_item(title="Verification 4567 is stuck")
    assert find("456") == []
    assert find("4567") == find("verif") == [item]


def test_notes_are_found(find: Find, sessions: Sessions, add_item: AddItem) -> None:
    first, second = add_item(), add_item()
    with sessions.begin() as session:
        add_note(session, first, actor="maria", note="Called the bank.")
    assert find("bank") == [first]
    with sessions.begin() as session:
        add_note(session, second, actor="maria", note="The bank answered.")
        add_note(session, second, actor="maria", note="Closed the account.")
    assert find("bank") == [first, second]
    assert find("bank account") == [second]


def test_ids_and_cases_are_found_exactly(find: Find, add_item: AddItem) -> None:
    case = add_item(link_ref="/automation/cases/4")
    add_item(link_ref="/automation/cases/42", body="case 4")
    assert find("case 4") == [case]
    assert find(f"#{case}") == [case]
    assert find("#999") == []


def test_a_search_covers_every_status_and_says_how_many_are_where(
    sessions: Sessions, add_item: AddItem
) -> None:
    closed, _open = add_item(title="Lisbon"), add_item(title="Lisbon")
    add_item(title="Madrid")
    with sessions.begin() as session:
        apply_action(session, closed, Action.RESOLVE, actor="maria")
        counts = count_by_tab(session, ItemFilter(q="lisbon"))
    assert counts[Tab.OPEN] == counts[Tab.RESOLVED] == 1
    assert counts[Tab.ALL] == 2


@pytest.mark.parametrize("order", list(Order))
def test_what_is_found_is_listed_page_by_page_in_the_order_of_the_list(
    sessions: Sessions, add_item: AddItem, order: Order
) -> None:
    for number in range(7):
        severity = "critical" if number % 2 else "warning"
        add_item(title=f"Fraud {number}", severity=severity)
        add_item(title="Something else", severity=severity)
    index_items(sessions)
    with sessions.begin() as session:
        found = _all_pages(session, ItemFilter(q="fraud"), order)
        everything = _all_pages(session, ItemFilter(), order)
        assert len(found) == 7
        assert found == [each for each in everything if each in found]


def test_of_very_many_matches_the_newest_are_found(
    sessions: Sessions, add_item: AddItem, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(find_items, "FOUND_CAP", 3)
    monkeypatch.setattr(find_items, "_BLOCKS", (10_000,))
    old = add_item(title="Fraud of long ago in Lisbon")
    newest = [_at(sessions, add_item(title="Fraud"), 30_000 + number) for number in range(4)]
    index_items(sessions)
    with sessions.begin() as session:
        assert resolve(session, ItemFilter(q="fraud")).ids == tuple(reversed(newest[1:]))
        assert resolve(session, ItemFilter(q="lisbon")).ids == (old,)


def _all_pages(session: Session, wanted: ItemFilter, order: Order) -> list[int]:
    seen: list[int] = []
    cursor = None
    while True:
        page = list_items(session, wanted, order=order, cursor=cursor, limit=2)
        seen += [item.id for item in page.items]
        if page.next_cursor is None:
            return seen
        cursor = page.next_cursor


def _at(sessions: Sessions, item_id: int, new_id: int) -> int:
    """Give an item another id, as if there were many before it."""
    with sessions.begin() as session:
        session.execute(
            text(
                "INSERT INTO cc_admin_inbox_items (id, type, severity, title, body, dedupe_key)"
                " OVERRIDING SYSTEM VALUE SELECT :new, type, severity, title, body,"
                " dedupe_key || :new FROM cc_admin_inbox_items WHERE id = :old"
            ),
            {"new": new_id, "old": item_id},
        )
        session.execute(text("DELETE FROM cc_admin_inbox_items WHERE id = :old"), {"old": item_id})
    return new_id


def test_items_are_indexed_once_and_by_one_run_at_a_time(
    sessions: Sessions, add_item: AddItem
) -> None:
    add_item()
    add_item()
    with sessions.begin() as session:
        session.execute(text("SELECT * FROM cc_inbox_search_progress FOR UPDATE"))
        assert index_items(sessions) == 0
    assert index_items(sessions) == 2
    assert index_items(sessions) == 0


def test_an_item_that_becomes_visible_late_is_indexed_and_old_ones_are_not_read_again(
    sessions: Sessions, add_item: AddItem
) -> None:
    old, late, newest = add_item(), add_item(), add_item()
    with sessions.begin() as session:
        session.execute(
            text(
                "UPDATE cc_admin_inbox_items SET created_at = now() - interval '1 hour'"
                " WHERE id = :old"
            ),
            {"old": old},
        )
    assert index_items(sessions) == 3
    with sessions.begin() as session:
        session.execute(text("DELETE FROM cc_inbox_search WHERE item_id = :id"), {"id": late})
    assert index_items(sessions) == 1
    assert _indexed_below(sessions) == old
    assert newest > late


def test_a_run_that_finds_nothing_new_still_leaves_old_items_behind(
    sessions: Sessions, add_item: AddItem
) -> None:
    add_item()
    newest = add_item()
    assert index_items(sessions) == 2
    assert _indexed_below(sessions) == 0
    with sessions.begin() as session:
        session.execute(
            text("UPDATE cc_admin_inbox_items SET created_at = now() - interval '1 hour'")
        )
    assert index_items(sessions) == 0
    assert _indexed_below(sessions) == newest


def _indexed_below(sessions: Sessions) -> int:
    with sessions.begin() as session:
        return int(session.scalars(select(InboxSearchProgress.indexed_below)).one())
