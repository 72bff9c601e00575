"""What each action makes of an item, as pure rules."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.inbox.actions import Action, allowed_acts
from app.inbox.item_state import (
    State,
    acknowledged,
    awake,
    closed,
    from_json,
    promised,
    reopened,
    snoozed,
    to_json,
)

NOON = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
BUSY = State(
    status="acknowledged",
    assignee="ana",
    acknowledged_occurrences=1,
    promised_until=NOON,
    promised_by="ana",
    snoozed_until=NOON,
)


def test_acknowledging_takes_the_item_promises_and_ends_the_snooze() -> None:
    before = State(status="open", snoozed_occurrences=3)
    assert acknowledged(before, actor="maria", occurrences=4, until=NOON) == State(
        status="acknowledged",
        assignee="maria",
        acknowledged_occurrences=4,
        promised_until=NOON,
        promised_by="maria",
    )


def test_acknowledging_without_a_promise_keeps_an_earlier_one() -> None:
    after = acknowledged(replace(BUSY, status="open"), actor="maria", occurrences=2)
    assert (after.promised_until, after.promised_by, after.assignee) == (NOON, "ana", "ana")


@pytest.mark.parametrize(
    "action, reason, status",
    [(Action.RESOLVE, None, "resolved"), (Action.DISMISS, "duplicate", "dismissed")],
)
def test_closing_ends_promise_and_snooze(action: Action, reason: str | None, status: str) -> None:
    assert closed(BUSY, action, actor="maria", reason=reason) == State(
        status=status, assignee="ana", acknowledged_occurrences=1, dismiss_reason=reason
    )


def test_reopening_clears_the_reason_and_gives_the_item_to_the_actor() -> None:
    before = State(status="dismissed", assignee="ana", dismiss_reason="test")
    assert reopened(before, actor="maria") == State(status="open", assignee="maria")


def test_a_snooze_ends_at_a_time_or_at_the_next_occurrence_but_not_at_both() -> None:
    until_time = snoozed(State(status="open"), actor="maria", until=NOON, occurrences=5)
    assert (until_time.snoozed_until, until_time.snoozed_occurrences) == (NOON, None)
    until_next = snoozed(until_time, actor="maria", until=None, occurrences=5)
    assert (until_next.snoozed_until, until_next.snoozed_occurrences) == (None, 5)
    assert awake(until_next) == State(status="open", assignee="maria")


def test_a_promise_is_replaced_and_taken_back_by_whoever_says_so() -> None:
    later = promised(BUSY, until=NOON + timedelta(hours=1), actor="maria")
    assert later.promised_by == "maria"
    taken_back = promised(later, until=None, actor="maria")
    assert (taken_back.promised_until, taken_back.promised_by) == (None, None)


def test_a_stored_state_is_read_back_unchanged() -> None:
    assert from_json(to_json(BUSY)) == BUSY


@pytest.mark.parametrize(
    "status, snoozed, closes_itself, expected",
    [
        ("open", False, False, "acknowledge resolve dismiss assign snooze note"),
        ("open", True, False, "acknowledge resolve dismiss assign snooze unsnooze note"),
        ("open", False, True, "acknowledge dismiss assign snooze note"),
        ("acknowledged", False, False, "resolve dismiss promise assign snooze note"),
        ("resolved", False, False, "reopen note"),
        ("dismissed", False, True, "reopen note"),
    ],
)
def test_only_acts_that_apply_are_allowed(
    status: str, expected: str, *, snoozed: bool, closes_itself: bool
) -> None:
    acts = allowed_acts(status, closes_itself=closes_itself, is_snoozed=snoozed)
    assert " ".join(acts) == expected
