import pytest

from app.inbox.actions import CLOSED, TRANSITIONS, Action, allowed_actions, next_status
from app.inbox.models import ItemStatus


def test_every_status_has_its_allowed_actions() -> None:
    assert set(TRANSITIONS) == set(ItemStatus)


def test_every_action_leads_to_a_status_that_exists() -> None:
    assert {goal for goals in TRANSITIONS.values() for goal in goals.values()} == set(ItemStatus)


@pytest.mark.parametrize(
    "status, action, goal",
    [
        ("open", Action.ACKNOWLEDGE, "acknowledged"),
        ("open", Action.RESOLVE, "resolved"),
        ("open", Action.DISMISS, "dismissed"),
        ("acknowledged", Action.RESOLVE, "resolved"),
        ("acknowledged", Action.DISMISS, "dismissed"),
        ("resolved", Action.REOPEN, "open"),
        ("dismissed", Action.REOPEN, "open"),
    ],
)
def test_an_allowed_action_has_a_next_status(status: str, action: Action, goal: str) -> None:
    assert next_status(status, action) == goal


@pytest.mark.parametrize(
    "status, action",
    [
        ("open", Action.REOPEN),
        ("acknowledged", Action.ACKNOWLEDGE),
        ("acknowledged", Action.REOPEN),
        ("resolved", Action.DISMISS),
        ("dismissed", Action.RESOLVE),
    ],
)
def test_a_forbidden_action_has_no_next_status(status: str, action: Action) -> None:
    assert next_status(status, action) is None


def test_a_closed_item_can_only_be_reopened() -> None:
    for status in CLOSED:
        assert allowed_actions(status) == (Action.REOPEN,)
