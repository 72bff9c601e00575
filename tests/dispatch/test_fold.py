"""Recurrences: each event links to its item, and an acknowledged item is open again."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text

from app.bootstrap import Container
from app.core.errors import Conflict
from app.dispatch.dispatch import dispatch_due
from app.dispatch.retry_event import retry_event
from app.inbox.actions import Action
from app.inbox.apply_action import apply_action
from app.inbox.drafts import GROUP_KEY_LIMIT, Wording
from app.inbox.queries import Item, item_of_event, show_item
from app.outbox.queries import EventFilter, list_events, show_event
from tests.dispatch.conftest import Read, Record

Poison = Callable[..., None]
Write = Callable[..., None]

STORM = Wording(title="Storm", body="b", group_key="storm")
ITEMS = "SELECT id, status, occurrences, version FROM cc_admin_inbox_items ORDER BY id"


@pytest.fixture
def storm(container: Container, record: Record, poison: Poison) -> Callable[[int], list[int]]:
    """Return a function that dispatches events of one group and returns their ids."""
    poison(set(range(1, 1000)), lambda: STORM)

    def run(count: int) -> list[int]:
        ids = record(count)
        dispatch_due(container.dispatcher)
        return ids

    return run


def _act(container: Container, item_id: int, action: Action, **more: Any) -> Item:
    with container.sessions.begin() as session:
        return apply_action(session, item_id, action, actor="maria", **more)


def _item_of(container: Container, event_id: int) -> Item | None:
    with container.sessions.begin() as session:
        event = show_event(session, event_id).event
        return item_of_event(session, event_id, folded_into=event.item_id)


def _raise() -> None:
    raise ValueError("never")


def test_every_folded_event_leads_to_its_item(
    container: Container, storm: Callable[[int], list[int]], read: Read
) -> None:
    events = storm(3) + storm(2)

    [item] = read(ITEMS)
    assert item["occurrences"] == 5
    for event in events:
        found = _item_of(container, event)
        assert found is not None
        assert found.id == item["id"]


def test_the_events_of_an_item_can_be_listed(
    container: Container, storm: Callable[[int], list[int]], read: Read
) -> None:
    events = storm(3)
    [item] = read(ITEMS)
    _act(container, item["id"], Action.RESOLVE)
    storm(1)

    with container.sessions.begin() as session:
        page = list_events(session, EventFilter(item_id=item["id"]))
    assert [event.id for event in page.items] == events[::-1]


def test_an_event_is_recorded_while_the_inbox_is_locked(
    container: Container, record: Record
) -> None:
    with container.engine.begin() as other:
        other.execute(text("LOCK TABLE cc_admin_inbox_items IN ACCESS EXCLUSIVE MODE"))
        assert record(1)


def test_a_recurrence_reopens_an_acknowledged_item_and_says_how_many_came_since(
    container: Container, storm: Callable[[int], list[int]], read: Read
) -> None:
    storm(1)
    [item] = read(ITEMS)
    _act(container, item["id"], Action.ACKNOWLEDGE)

    storm(2)
    storm(3)

    with container.sessions.begin() as session:
        found = show_item(session, item["id"])
    assert (found.item.status, found.item.more_since_acknowledged) == ("open", 5)
    assert found.item.assignee == "maria"
    assert [(act.actor, act.action) for act in found.history] == [
        ("maria", "acknowledge"),
        ("automation", "recur"),
    ]
    again = _act(container, item["id"], Action.ACKNOWLEDGE)
    assert (again.status, again.more_since_acknowledged) == ("acknowledged", 0)


def test_a_recurrence_raises_the_version_so_that_nobody_resolves_what_they_have_not_seen(
    container: Container, storm: Callable[[int], list[int]], read: Read
) -> None:
    storm(1)
    [seen] = read(ITEMS)
    storm(1)

    with pytest.raises(Conflict, match="come up 2 times now; reload it before you resolve it"):
        _act(container, seen["id"], Action.RESOLVE, expected_version=seen["version"])


def test_a_recurrence_of_a_resolved_item_gives_a_new_one(
    container: Container, storm: Callable[[int], list[int]], read: Read
) -> None:
    storm(2)
    [first] = read(ITEMS)
    _act(container, first["id"], Action.RESOLVE)
    [event] = storm(1)

    closed, new = read(ITEMS)
    assert (closed["status"], closed["occurrences"]) == ("resolved", 2)
    assert (new["status"], new["occurrences"]) == ("open", 1)
    found = _item_of(container, event)
    assert found is not None
    assert found.id == new["id"]


def test_an_event_that_continues_another_is_shown_on_its_item_until_that_is_closed(
    container: Container, record: Record, poison: Poison, read: Read
) -> None:
    more = Wording(title="More", body="b", continues="fraud_case_created:1")
    poison({2, 3, 4, 5}, lambda: more)
    record(1)
    dispatch_due(container.dispatcher)
    [item] = read(ITEMS)
    _act(container, item["id"], Action.ACKNOWLEDGE)

    record(2)
    dispatch_due(container.dispatcher)

    [continued] = read(ITEMS)
    assert continued == {"id": item["id"], "status": "open", "occurrences": 3, "version": 3}

    _act(container, item["id"], Action.RESOLVE)
    for _ in range(2):
        record(1)
        dispatch_due(container.dispatcher)
    assert [row["occurrences"] for row in read(ITEMS)] == [3, 2]


def test_an_event_that_continues_one_without_an_item_gets_its_own(
    container: Container, record: Record, poison: Poison, read: Read
) -> None:
    poison({1}, lambda: Wording(title="More", body="b", continues="fraud_case_created:404"))
    record(1)

    assert dispatch_due(container.dispatcher).sent == 1
    assert [row["occurrences"] for row in read(ITEMS)] == [1]


def test_a_group_key_of_any_length_is_stored_and_still_groups(
    container: Container, record: Record, poison: Poison, read: Read
) -> None:
    key = "long" * 5_000
    poison({1, 2}, lambda: Wording(title="t", body="b", group_key=key))
    record(2)

    assert dispatch_due(container.dispatcher).sent == 2
    [item] = read("SELECT group_key, occurrences FROM cc_admin_inbox_items")
    assert item["occurrences"] == 2
    assert len(item["group_key"]) == GROUP_KEY_LIMIT


def test_the_announcement_of_dead_letters_counts_down_and_closes_itself(
    container: Container, record: Record, poison: Poison, read: Read, write: Write
) -> None:
    poison({1, 2}, _raise)
    events = record(2)
    write("UPDATE cc_automation_events SET attempts = 9")
    dispatch_due(container.dispatcher)
    [item] = read(ITEMS)
    with pytest.raises(Conflict, match="announces 2 dead events"):
        _act(container, item["id"], Action.RESOLVE)

    left = []
    for event in events:
        with container.sessions.begin() as session:
            retry_event(session, event, actor="maria")
        left += [(row["status"], row["occurrences"]) for row in read(ITEMS)]

    assert left == [("open", 1), ("resolved", 0)]
    with container.sessions.begin() as session:
        [act] = show_item(session, item["id"]).history
    assert (act.actor, act.action) == ("automation", "resolve")


def test_an_announcement_that_was_dismissed_stays_so_while_its_events_are_retried(
    container: Container, record: Record, poison: Poison, read: Read, write: Write
) -> None:
    poison({1}, _raise)
    [event] = record(1)
    write("UPDATE cc_automation_events SET attempts = 9")
    dispatch_due(container.dispatcher)
    [item] = read(ITEMS)
    _act(container, item["id"], Action.DISMISS)

    with container.sessions.begin() as session:
        retry_event(session, event, actor="maria")

    [after] = read(ITEMS)
    assert (after["status"], after["occurrences"]) == ("dismissed", 0)


def test_a_dead_letter_of_an_unknown_type_is_an_error(
    container: Container, record: Record, read: Read, write: Write
) -> None:
    record(1)
    write("UPDATE cc_automation_events SET event_type = 'from_the_future', attempts = 9")
    dispatch_due(container.dispatcher)

    [item] = read("SELECT severity FROM cc_admin_inbox_items")
    assert item["severity"] == "error"
