"""What is new since a person's last visit to the inbox."""

from datetime import timedelta

from sqlalchemy import func, select, text, update

from app.core.database import Sessions
from app.inbox.item_conditions import ItemFilter
from app.inbox.models import InboxItem, InboxVisit
from app.inbox.queries import count_by_tab, count_items, list_items
from app.inbox.tabs import Tab
from app.inbox.visits import VISIT_GAP, record_visit
from tests.inbox.conftest import AddItem, add_item

__all__ = ["add_item"]


def _visit(sessions: Sessions, person: str = "maria") -> object:
    with sessions.begin() as session:
        return record_visit(session, person)


def _let_pass(sessions: Sessions, time: timedelta) -> None:
    with sessions.begin() as session:
        session.execute(update(InboxVisit).values(last_at=InboxVisit.last_at - time))


def test_a_look_after_a_gap_begins_a_visit(sessions: Sessions) -> None:
    assert _visit(sessions) is None
    _let_pass(sessions, VISIT_GAP / 2)
    assert _visit(sessions) is None
    _let_pass(sessions, VISIT_GAP * 2)
    with sessions.begin() as session:
        ended = session.scalars(select(InboxVisit.last_at)).one()
    assert _visit(sessions) == _visit(sessions) == ended
    assert _visit(sessions, "jonas") is None


def test_items_that_are_new_or_have_come_up_again_are_found(
    sessions: Sessions, add_item: AddItem
) -> None:
    old, again, new, closed = add_item(), add_item(), add_item(), add_item()
    with sessions.begin() as session:
        long_ago = "created_at = created_at - interval '1 day', waits_from = waits_from - interval"
        session.execute(
            text(f"UPDATE cc_admin_inbox_items SET {long_ago} '1 day' WHERE id IN (:a, :b)"),
            {"a": old, "b": again},
        )
        session.execute(
            text(
                "UPDATE cc_admin_inbox_items SET last_seen_at = created_at,"
                " status = 'resolved', closed_at = now() WHERE id = :id"
            ),
            {"id": closed},
        )
        session.execute(
            text("UPDATE cc_admin_inbox_items SET last_seen_at = created_at WHERE id = :id"),
            {"id": old},
        )
        since = ItemFilter(since=session.scalars(select(func.now())).one() - timedelta(hours=1))
        found = {item.id for item in list_items(session, since).items}
        assert found == {again, new, closed}
        assert count_items(session, since) == count_by_tab(session, since)[Tab.ALL] == 3
        assert count_by_tab(session, since)[Tab.RESOLVED] == 1


def test_the_moment_itself_is_not_after_it(sessions: Sessions, add_item: AddItem) -> None:
    item_id = add_item()
    with sessions.begin() as session:
        seen = session.scalars(select(InboxItem.last_seen_at)).one()
        assert count_items(session, ItemFilter(since=seen)) == 0
        before = ItemFilter(since=seen - timedelta(microseconds=1))
        assert [item.id for item in list_items(session, before).items] == [item_id]
