"""The acts on one item by API: what each takes, answers and refuses."""

from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

import pytest

from app.core.database import Sessions
from app.identity.roles import Role
from app.identity.users import create_user
from tests.conftest import TurnableClock
from tests.web.conftest import PASSWORD, Program
from tests.web.test_api import INBOX, body_of, refusal

NOW = TurnableClock().now


def act(program: Program, item_id: int, name: str, **body: Any) -> dict[str, Any]:
    return body_of(program.post(f"{INBOX}/{item_id}/{name}", json=body))


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_an_item_passes_through_all_acts(
    program: Program, sessions: Sessions, item_id: int
) -> None:
    with sessions.begin() as session:
        create_user(session, username="ana", password=PASSWORD, role=Role.ADMIN)

    snoozed = act(program, item_id, "snooze", until="next_occurrence", note="Waits for the bank.")
    assert (snoozed["is_snoozed"], snoozed["snoozed_until"]) == (True, None)
    assert {"unsnooze", "undo"} <= set(snoozed["allowed_actions"])

    woken = act(program, item_id, "unsnooze", version=snoozed["version"])
    assert woken["is_snoozed"] is False

    taken = act(program, item_id, "acknowledge", until="1h")
    assert taken["promised_by"] == "maria"
    assert moment(taken["promised_until"]) == NOW + timedelta(hours=1)

    until = (NOW + timedelta(days=2)).isoformat()
    later = act(program, item_id, "promise", until=until)
    assert moment(later["promised_until"]) == moment(until)
    back = act(program, item_id, "promise", until=None)
    assert (back["promised_until"], back["promised_by"]) == (None, None)

    given = act(program, item_id, "assign", assignee="ana", note="You speak their language.")
    assert given["assignee"] == "ana"

    dismissed = act(program, item_id, "dismiss", reason="duplicate")
    assert (dismissed["dismiss_reason"], dismissed["status"]) == ("duplicate", "dismissed")
    assert dismissed["allowed_actions"] == ["reopen", "note", "undo"]

    undone = act(program, item_id, "undo")
    assert (undone["dismiss_reason"], undone["status"]) == (None, "acknowledged")
    assert "undo" not in undone["allowed_actions"]

    history = body_of(program.get(f"{INBOX}/{item_id}"))["history"]
    assert [entry["action"] for entry in history] == (
        ["snooze", "unsnooze", "acknowledge", "promise", "promise", "assign", "dismiss", "undo"]
    )
    assert history[0]["until"] is None
    assert moment(history[3]["until"]) == moment(until)
    assert history[6]["reason"] == "duplicate"


@pytest.mark.parametrize(
    "name, body, field, words",
    [
        ("snooze", {}, "until", "is missing"),
        ("snooze", {"until": "tomorrow"}, "until", "15m, 1h, 4h, end_of_day, next_day"),
        ("snooze", {"until": "2020-01-01T00:00:00Z"}, "until", "in the future"),
        ("snooze", {"until": "2999-01-01T00:00:00Z"}, "until", "within 30 days"),
        ("acknowledge", {"until": "next_occurrence"}, "until", "one of 15m"),
        ("acknowledge", {"until": "2026-11-26T14:30:00"}, "until", "with its offset"),
        ("acknowledge", {"reason": "test"}, "reason", "no field reason"),
        ("dismiss", {"reason": "bored"}, "reason", "'false_alarm', 'duplicate'"),
        ("dismiss", {"reason": "other"}, "note", "needs a note"),
        ("assign", {"assignee": "nobody-known"}, "assignee", "no active admin"),
        ("resolve", {"until": "1h"}, "until", "no field until"),
    ],
)
def test_a_bad_act_is_refused_in_one_sentence_and_changes_nothing(  # noqa: PLR0913, PLR0917
    program: Program, item_id: int, name: str, body: dict[str, Any], field: str, words: str
) -> None:
    answer = program.post(f"{INBOX}/{item_id}/{name}", json=body)
    problem = refusal(answer, HTTPStatus.UNPROCESSABLE_ENTITY)
    assert problem["field"] == field
    assert words in problem["detail"]
    assert body_of(program.get(f"{INBOX}/{item_id}"))["version"] == 1


@pytest.mark.parametrize("name", ["unsnooze", "promise", "undo", "reopen"])
def test_an_act_that_does_not_apply_is_a_conflict(
    program: Program, item_id: int, name: str
) -> None:
    shown = body_of(program.get(f"{INBOX}/{item_id}"))["allowed_actions"]
    assert name not in shown
    body = {"until": "1h"} if name == "promise" else {}
    refusal(program.post(f"{INBOX}/{item_id}/{name}", json=body), HTTPStatus.CONFLICT)


def test_every_act_but_a_note_checks_the_version(program: Program, item_id: int) -> None:
    act(program, item_id, "acknowledge")
    bodies: dict[str, dict[str, Any]] = {
        "resolve": {},
        "dismiss": {"reason": "test"},
        "promise": {"until": "1h"},
        "assign": {"assignee": None},
        "snooze": {"until": "4h"},
        "unsnooze": {},
    }
    for name, body in bodies.items():
        answer = program.post(f"{INBOX}/{item_id}/{name}", json=body | {"version": 1})
        assert "acknowledged by maria" in refusal(answer, HTTPStatus.CONFLICT)["detail"]
    act(program, item_id, "notes", note="Seen.")
