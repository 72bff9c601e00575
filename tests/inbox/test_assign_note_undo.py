"""Assigning, noting and undoing, each with its entry in the history."""

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from sqlalchemy import make_url

from app.core.database import Sessions
from app.core.errors import Conflict, InvalidInput, NotFound
from app.inbox.actions import Action
from app.inbox.add_note import add_note
from app.inbox.apply_action import apply_action
from app.inbox.assign import assign_item
from app.inbox.queries import Item, ItemHistoryEntry, show_item
from app.inbox.undo import undo_action
from devtools.stack.servers import PostgresServer
from tests.inbox.conftest import AddItem


def act(sessions: Sessions, item_id: int, action: Action, actor: str = "maria") -> Item:
    with sessions.begin() as session:
        return apply_action(session, item_id, action, actor=actor)


def assign(sessions: Sessions, item_id: int, to: str | None, version: int | None = None) -> Item:
    with sessions.begin() as session:
        return assign_item(session, item_id, to=to, actor="maria", expected_version=version)


def undo(sessions: Sessions, item_id: int, actor: str = "maria") -> Item:
    with sessions.begin() as session:
        return undo_action(session, item_id, actor=actor)


def history(sessions: Sessions, item_id: int) -> list[ItemHistoryEntry]:
    with sessions.begin() as session:
        return list(show_item(session, item_id).history)


@pytest.mark.parametrize("action", [Action.ACKNOWLEDGE, Action.RESOLVE, Action.DISMISS])
def test_an_action_on_an_unassigned_item_assigns_it(
    sessions: Sessions, add_item: AddItem, action: Action
) -> None:
    assert act(sessions, add_item(), action).assignee == "maria"


@pytest.mark.parametrize("action", [Action.ACKNOWLEDGE, Action.RESOLVE, Action.DISMISS])
def test_an_action_keeps_another_assignee(
    sessions: Sessions, add_item: AddItem, action: Action
) -> None:
    assert act(sessions, add_item(assignee="jonas"), action).assignee == "jonas"


def test_reopening_assigns_the_item(sessions: Sessions, add_item: AddItem) -> None:
    item_id = add_item(assignee="jonas")
    act(sessions, item_id, Action.RESOLVE)
    assert act(sessions, item_id, Action.REOPEN).assignee == "maria"


def test_an_item_is_assigned_to_another_admin_and_back(
    sessions: Sessions, add_item: AddItem
) -> None:
    item_id = add_item()
    assert assign(sessions, item_id, "jonas").assignee == "jonas"
    assert assign(sessions, item_id, None).assignee is None
    kept = [
        (each.action, each.from_assignee, each.to_assignee) for each in history(sessions, item_id)
    ]
    assert kept == [("assign", None, "jonas"), ("assign", "jonas", None)]


def test_assigning_on_an_old_version_is_a_conflict(sessions: Sessions, add_item: AddItem) -> None:
    item_id = add_item()
    act(sessions, item_id, Action.ACKNOWLEDGE, actor="jonas")
    with pytest.raises(Conflict, match="acknowledged by jonas"):
        assign(sessions, item_id, "maria", version=1)


def test_a_note_is_redacted_and_changes_nothing_else(sessions: Sessions, add_item: AddItem) -> None:
    item_id = add_item()
    with sessions.begin() as session:
        item = add_note(session, item_id, actor="maria", note="Called +1 202 555 0147.")
    (kept,) = history(sessions, item_id)
    assert kept.action == "note"
    assert kept.note is not None
    assert "555" not in kept.note
    assert (item.version, item.status, item.assignee) == (1, "open", None)


@pytest.mark.parametrize("note", ["", "   ", "x" * 2001])
def test_a_note_without_text_or_with_too_much_is_refused(
    sessions: Sessions, add_item: AddItem, note: str
) -> None:
    item_id = add_item()
    with pytest.raises(InvalidInput), sessions.begin() as session:
        add_note(session, item_id, actor="maria", note=note)


def test_a_note_on_an_unknown_item_is_not_found(sessions: Sessions) -> None:
    with pytest.raises(NotFound), sessions.begin() as session:
        add_note(session, 404, actor="maria", note="Hello")


@pytest.mark.parametrize("action", [Action.ACKNOWLEDGE, Action.RESOLVE, Action.DISMISS])
def test_an_undone_action_leaves_the_item_as_it_was(
    sessions: Sessions, add_item: AddItem, action: Action
) -> None:
    item_id = add_item()
    act(sessions, item_id, action)
    item = undo(sessions, item_id)
    assert (item.status, item.assignee, item.closed_at) == ("open", None, None)
    assert item.more_since_acknowledged == 0
    assert [each.action for each in history(sessions, item_id)] == [action, "undo"]


def test_undoing_an_assignment_restores_the_assignee(sessions: Sessions, add_item: AddItem) -> None:
    item_id = add_item(assignee="jonas")
    assign(sessions, item_id, "ana")
    assert undo(sessions, item_id).assignee == "jonas"


def test_an_action_is_undone_once_and_only_by_its_author(
    sessions: Sessions, add_item: AddItem
) -> None:
    item_id = add_item()
    with pytest.raises(Conflict, match="can't be undone"):
        undo(sessions, item_id)
    act(sessions, item_id, Action.RESOLVE)
    with pytest.raises(Conflict, match="can't be undone"):
        undo(sessions, item_id, actor="jonas")
    undo(sessions, item_id)
    with pytest.raises(Conflict, match="can't be undone"):
        undo(sessions, item_id)


def test_an_action_can_be_undone_for_30_seconds(
    sessions: Sessions, add_item: AddItem, postgres: PostgresServer, database_url: str
) -> None:
    item_id = add_item()
    act(sessions, item_id, Action.RESOLVE)
    _let_half_a_minute_pass(postgres, make_url(database_url).database)
    with pytest.raises(Conflict, match="30 seconds"):
        undo(sessions, item_id)


def test_undoing_after_a_recurrence_is_a_conflict(sessions: Sessions, add_item: AddItem) -> None:
    item_id = add_item(group_key="g")
    act(sessions, item_id, Action.RESOLVE)
    newer = add_item(group_key="g")
    with pytest.raises(Conflict, match=f"come up again as item {newer}"):
        undo(sessions, item_id)


def _let_half_a_minute_pass(postgres: PostgresServer, database: str | None) -> None:
    """Make all history older, which only a superuser can do."""
    dsn = make_conninfo(postgres.superuser_dsn, dbname=database)
    with psycopg.connect(dsn) as superuser:
        superuser.execute("SET session_replication_role = replica")
        superuser.execute("UPDATE cc_admin_inbox_activity SET at = now() - interval '31 seconds'")
