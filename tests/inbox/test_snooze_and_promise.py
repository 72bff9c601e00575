"""Promises, snoozes and reasons: what is written, who was first, and undo."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.core.database import Sessions
from app.core.errors import Conflict, InvalidInput
from app.inbox.actions import Action
from app.inbox.add_note import add_note
from app.inbox.apply_action import apply_action
from app.inbox.assign import assign_item
from app.inbox.models import DismissReason, InboxItem
from app.inbox.promise import promise_answer
from app.inbox.queries import Item, show_item
from app.inbox.snooze import snooze_item, unsnooze_item
from app.inbox.undo import undo_action
from tests.inbox.conftest import AddItem

SOON = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1)
LATER = SOON + timedelta(hours=3)

Act = Callable[[Session, int, str], Item]


def acknowledge(session: Session, item_id: int, actor: str) -> Item:
    return apply_action(session, item_id, Action.ACKNOWLEDGE, actor=actor, until=SOON)


def dismiss(session: Session, item_id: int, actor: str) -> Item:
    reason = DismissReason.DUPLICATE
    return apply_action(session, item_id, Action.DISMISS, actor=actor, reason=reason)


def hand_over(session: Session, item_id: int, actor: str) -> Item:
    return assign_item(session, item_id, to="ana", actor=actor, note="You know them.")


def promise(session: Session, item_id: int, actor: str) -> Item:
    return promise_answer(session, item_id, until=LATER, actor=actor)


def snooze(session: Session, item_id: int, actor: str) -> Item:
    return snooze_item(session, item_id, until=SOON, actor=actor)


def snooze_until_next(session: Session, item_id: int, actor: str) -> Item:
    return snooze_item(session, item_id, until=None, actor=actor)


def unsnooze(session: Session, item_id: int, actor: str) -> Item:
    return unsnooze_item(session, item_id, actor=actor)


def run(sessions: Sessions, act: Act, item_id: int, actor: str = "maria") -> Item:
    with sessions.begin() as session:
        return act(session, item_id, actor)


def undo(sessions: Sessions, item_id: int) -> Item:
    with sessions.begin() as session:
        return undo_action(session, item_id, actor="maria")


def come_up_again(sessions: Sessions, item_id: int) -> None:
    with sessions.begin() as session:
        session.execute(
            text(
                "UPDATE cc_admin_inbox_items SET occurrences = occurrences + 1, version = version"
                " + 1 WHERE id = :id"
            ),
            {"id": item_id},
        )


def test_an_acknowledgement_keeps_its_promise_in_the_item_and_in_the_history(
    sessions: Sessions, add_item: AddItem
) -> None:
    item = run(sessions, acknowledge, add_item())
    assert (item.promised_until, item.promised_by, item.is_overdue) == (SOON, "maria", False)
    with sessions.begin() as session:
        [kept] = show_item(session, item.id).history
    assert (kept.action, kept.until) == ("acknowledge", SOON)


def test_a_promise_keeps_its_author_when_the_item_is_handed_over(
    sessions: Sessions, add_item: AddItem
) -> None:
    item_id = add_item()
    run(sessions, acknowledge, item_id)
    item = run(sessions, hand_over, item_id)
    assert (item.assignee, item.promised_by) == ("ana", "maria")


def test_only_an_acknowledged_item_gets_another_promise(
    sessions: Sessions, add_item: AddItem
) -> None:
    item_id = add_item()
    with pytest.raises(Conflict, match="acknowledge it to promise"):
        run(sessions, promise, item_id)
    run(sessions, acknowledge, item_id)
    assert run(sessions, promise, item_id, "ana").promised_by == "ana"
    run(sessions, dismiss, item_id)
    with pytest.raises(Conflict, match="dismissed by maria"):
        run(sessions, promise, item_id)


def test_a_dismissal_keeps_its_reason_until_the_item_is_reopened(
    sessions: Sessions, add_item: AddItem
) -> None:
    item_id = add_item()
    assert run(sessions, dismiss, item_id).dismiss_reason == "duplicate"
    with sessions.begin() as session:
        assert show_item(session, item_id).history[0].reason == "duplicate"
        item = apply_action(session, item_id, Action.REOPEN, actor="maria")
    assert item.dismiss_reason is None


def test_the_reason_other_needs_a_note(sessions: Sessions, add_item: AddItem) -> None:
    item_id = add_item()
    other = DismissReason.OTHER
    with sessions.begin() as session, pytest.raises(InvalidInput, match="needs a note"):
        apply_action(session, item_id, Action.DISMISS, actor="maria", reason=other)


def test_every_reason_may_be_stored(sessions: Sessions, add_item: AddItem) -> None:
    for reason in DismissReason:
        item_id = add_item()
        with sessions.begin() as session:
            apply_action(
                session, item_id, Action.DISMISS, actor="maria", reason=reason, note="Because."
            )


def test_a_recurrence_ends_a_snooze_until_the_next_occurrence_only(
    sessions: Sessions, add_item: AddItem
) -> None:
    by_time, by_recurrence = add_item(), add_item()
    assert run(sessions, snooze, by_time).is_snoozed
    assert run(sessions, snooze_until_next, by_recurrence).is_snoozed
    come_up_again(sessions, by_time)
    come_up_again(sessions, by_recurrence)
    with sessions.begin() as session:
        snoozed = session.scalars(select(InboxItem.id).where(InboxItem.is_snoozed)).all()
    assert snoozed == [by_time]


@pytest.mark.parametrize("act", [acknowledge, dismiss, unsnooze])
def test_a_snooze_ends_with_an_action(sessions: Sessions, add_item: AddItem, act: Act) -> None:
    item_id = add_item()
    run(sessions, snooze, item_id)
    item = run(sessions, act, item_id)
    assert (item.snoozed_until, item.is_snoozed) == (None, False)


def test_an_item_that_is_not_snoozed_or_closed_refuses_to_say_otherwise(
    sessions: Sessions, add_item: AddItem
) -> None:
    item_id = add_item()
    with pytest.raises(Conflict, match="is not snoozed"):
        run(sessions, unsnooze, item_id)
    run(sessions, dismiss, item_id, "ana")
    for act in (snooze, hand_over):
        with pytest.raises(Conflict, match="dismissed by ana"):
            run(sessions, act, item_id)


@pytest.mark.parametrize(
    "first, second, words",
    [
        (snooze, acknowledge, "snoozed by maria"),
        (acknowledge, snooze, "acknowledged by maria"),
        (hand_over, dismiss, "assigned by maria"),
        (dismiss, snooze_until_next, "dismissed by maria"),
        (snooze_until_next, dismiss, "snoozed by maria"),
    ],
)
def test_of_two_concurrent_acts_the_second_is_told_who_was_first(
    sessions: Sessions, add_item: AddItem, first: Act, second: Act, words: str
) -> None:
    item_id = add_item()
    with sessions.begin() as slow:
        seen = slow.get_one(InboxItem, item_id)
        run(sessions, first, item_id)
        assert seen.version == 1
        with pytest.raises(Conflict, match=words):
            second(slow, item_id, "jonas")


def test_two_undos_of_one_action_restore_it_once(sessions: Sessions, add_item: AddItem) -> None:
    item_id = add_item()
    run(sessions, snooze, item_id)
    with sessions.begin() as slow:
        seen = slow.get_one(InboxItem, item_id)
        undo(sessions, item_id)
        assert seen.version == 2
        with pytest.raises(Conflict, match="can't be undone"):
            undo_action(slow, item_id, actor="maria")


@pytest.mark.parametrize("act", [promise, snooze, snooze_until_next, hand_over, dismiss])
def test_undo_restores_promise_snooze_reason_and_assignee(
    sessions: Sessions, add_item: AddItem, act: Act
) -> None:
    item_id = add_item()
    before = run(sessions, acknowledge, item_id)
    run(sessions, act, item_id)
    after = undo(sessions, item_id)
    assert (after.status, after.assignee) == (before.status, before.assignee)
    assert (after.promised_until, after.promised_by) == (SOON, "maria")
    assert (after.snoozed_until, after.is_snoozed, after.dismiss_reason) == (None, False, None)
    assert after.allowed_actions == before.allowed_actions


def test_a_note_after_an_action_does_not_end_its_undo(
    sessions: Sessions, add_item: AddItem
) -> None:
    item_id = add_item()
    run(sessions, dismiss, item_id)
    with sessions.begin() as session:
        add_note(session, item_id, actor="jonas", note="Was that right?")
        assert "undo" in show_item(session, item_id, actor="maria").item.allowed_actions
        assert "undo" not in show_item(session, item_id, actor="jonas").item.allowed_actions
    assert undo(sessions, item_id).status == "open"
