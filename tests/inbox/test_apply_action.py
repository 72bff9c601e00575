import pytest
from sqlalchemy import text

from app.core.database import Sessions
from app.core.errors import Conflict, InvalidInput, NotFound
from app.inbox.actions import Action
from app.inbox.apply_action import apply_action
from app.inbox.models import InboxItem
from app.inbox.queries import Item, show_item
from tests.inbox.conftest import AddItem


def act(  # noqa: PLR0913 - as apply_action
    sessions: Sessions,
    item_id: int,
    action: Action,
    *,
    actor: str = "maria",
    note: str | None = None,
    version: int | None = None,
) -> Item:
    with sessions.begin() as session:
        return apply_action(
            session, item_id, action, actor=actor, note=note, expected_version=version
        )


def test_an_action_changes_the_item_and_adds_a_history_entry(
    sessions: Sessions, add_item: AddItem
) -> None:
    item_id = add_item()
    item = act(sessions, item_id, Action.RESOLVE, note="Called them.")
    assert (item.status, item.version) == ("resolved", 2)
    assert item.closed_at is not None
    with sessions.begin() as session:
        [kept] = show_item(session, item_id).history
    assert (kept.actor, kept.action, kept.note) == ("maria", "resolve", "Called them.")
    assert (kept.from_status, kept.to_status) == ("open", "resolved")


def test_reopening_makes_the_item_open_again_with_its_history(
    sessions: Sessions, add_item: AddItem
) -> None:
    item_id = add_item()
    act(sessions, item_id, Action.DISMISS)
    item = act(sessions, item_id, Action.REOPEN, actor="jonas")
    assert (item.status, item.closed_at) == ("open", None)
    with sessions.begin() as session:
        history = show_item(session, item_id).history
    assert [(each.actor, each.action) for each in history] == [
        ("maria", "dismiss"),
        ("jonas", "reopen"),
    ]


def test_acknowledging_an_unassigned_item_assigns_it(sessions: Sessions, add_item: AddItem) -> None:
    assert act(sessions, add_item(), Action.ACKNOWLEDGE).assignee == "maria"


def test_acknowledging_keeps_the_assignee(sessions: Sessions, add_item: AddItem) -> None:
    item_id = add_item(assignee="jonas")
    assert act(sessions, item_id, Action.ACKNOWLEDGE).assignee == "jonas"


def test_the_conflict_of_the_second_admin_names_the_first_and_the_time(
    sessions: Sessions, add_item: AddItem
) -> None:
    item_id = add_item()
    act(sessions, item_id, Action.RESOLVE, actor="maria")
    with pytest.raises(Conflict, match=r"resolved by maria at \d{4}-.* UTC.*reopen"):
        act(sessions, item_id, Action.ACKNOWLEDGE, actor="jonas")


def test_an_action_on_an_older_version_is_refused_even_if_the_status_allows_it(
    sessions: Sessions, add_item: AddItem
) -> None:
    item_id = add_item()
    act(sessions, item_id, Action.ACKNOWLEDGE, version=1)
    with pytest.raises(Conflict, match="acknowledged by maria"):
        act(sessions, item_id, Action.RESOLVE, actor="jonas", version=1)


def test_of_two_concurrent_actions_one_succeeds_and_one_gets_a_conflict(
    sessions: Sessions, add_item: AddItem
) -> None:
    item_id = add_item()
    with sessions.begin() as slow:
        seen = slow.get_one(InboxItem, item_id)
        act(sessions, item_id, Action.RESOLVE)
        assert seen.status == "open"
        with pytest.raises(Conflict, match="resolved by maria"):
            apply_action(slow, item_id, Action.DISMISS, actor="jonas")
    with sessions.begin() as session:
        found = show_item(session, item_id)
    assert found.item.status == "resolved"
    assert [each.actor for each in found.history] == ["maria"]


def test_a_conflict_without_history_names_the_status(sessions: Sessions, add_item: AddItem) -> None:
    with pytest.raises(Conflict, match=r"is open.*acknowledge"):
        act(sessions, add_item(), Action.REOPEN)


def test_an_item_with_a_newer_open_recurrence_is_not_reopened(
    sessions: Sessions, add_item: AddItem
) -> None:
    item_id = add_item(group_key="same")
    act(sessions, item_id, Action.RESOLVE)
    newer = add_item(group_key="same")
    with pytest.raises(Conflict, match=f"item {newer}"):
        act(sessions, item_id, Action.REOPEN)


def test_a_note_is_stored_without_numbers_and_codes(sessions: Sessions, add_item: AddItem) -> None:
    item_id = add_item()
    act(sessions, item_id, Action.RESOLVE, note="Called +1 202 555 0147, the code was 481 516")
    with sessions.begin() as session:
        kept = session.execute(text("SELECT note FROM cc_admin_inbox_activity")).scalar_one()
    assert "555" not in kept
    assert "481" not in kept


def test_a_note_that_is_too_long_changes_nothing(sessions: Sessions, add_item: AddItem) -> None:
    item_id = add_item()
    with pytest.raises(InvalidInput, match="2000"):
        act(sessions, item_id, Action.RESOLVE, note="x" * 2001)
    with sessions.begin() as session:
        assert show_item(session, item_id).item.status == "open"


def test_an_item_that_does_not_exist_is_not_found(sessions: Sessions) -> None:
    with pytest.raises(NotFound, match="404"):
        act(sessions, 404, Action.RESOLVE)
