"""The page of one item: its forms work without scripts, and lose nothing that was typed."""

import re
from http import HTTPStatus
from typing import Any

import pytest
from sqlalchemy import text

from app.core.database import Sessions
from app.identity.roles import Role
from app.identity.users import create_user
from app.inbox.actions import Action
from app.inbox.apply_action import apply_action
from app.inbox.deadlines import Choice
from app.inbox.models import DismissReason, InboxItem
from app.inbox.queries import ItemHistoryEntry
from app.web.pages.act_words import CHOICE_NAMES, REASON_NAMES, history_words
from app.web.pages.display import quoted_parts
from tests.conftest import TurnableClock
from tests.web.conftest import PASSWORD, Browser

NOW = TurnableClock().now


def entry(action: str, **more: Any) -> ItemHistoryEntry:
    fields: dict[str, Any] = {
        "actor": "maria",
        "action": action,
        "from_status": "open",
        "to_status": "open",
        "note": None,
        "at": NOW,
        "from_assignee": None,
        "to_assignee": None,
        "until": None,
        "reason": None,
    }
    return ItemHistoryEntry(**fields | more)


@pytest.mark.parametrize(
    "act, words",
    [
        (entry("acknowledge"), "acknowledged it"),
        (entry("acknowledge", until=NOW), "acknowledged it and promised an answer by"),
        (entry("promise", until=NOW), "promised an answer by"),
        (entry("promise"), "took the promise back"),
        (entry("dismiss", reason="not_ours"), "dismissed it: not ours"),
        (entry("dismiss"), "dismissed it"),
        (entry("snooze", until=NOW), "snoozed it until"),
        (entry("snooze"), "snoozed it until it comes up again"),
        (entry("assign", to_assignee="maria"), "took it"),
        (entry("assign", from_assignee="maria"), "left it to nobody"),
        (entry("assign", from_assignee="maria", to_assignee="ana"), "handed it over to ana"),
        (entry("assign", from_assignee="ana", to_assignee="jonas"), "assigned it to jonas"),
        (entry("fold_in"), "fold in"),
    ],
)
def test_the_history_says_in_words_what_was_done(act: ItemHistoryEntry, words: str) -> None:
    assert history_words(act) == words


def test_every_reason_and_every_choice_has_a_name() -> None:
    assert set(REASON_NAMES) == set(DismissReason)
    assert set(CHOICE_NAMES) == set(Choice)


def test_the_words_of_a_customer_are_those_in_quotation_marks() -> None:
    assert quoted_parts("They: “a “b” c”\nEnd.") == ["They: ", "“a “b” c”", "\nEnd."]
    assert quoted_parts("No words.") == ["No words.", "", ""]


def test_each_act_works_without_scripts(admin: Browser, sessions: Sessions, item_id: int) -> None:
    with sessions.begin() as session:
        create_user(session, username="ana", password=PASSWORD, role=Role.ADMIN)
    page = f"/automation/items/{item_id}?status=open"
    steps: list[tuple[str, dict[str, str], str]] = [
        ("notes", {"note": "Who has time?"}, "The note is saved."),
        ("snooze", {"until": "next_occurrence"}, "is snoozed until it comes up again."),
        ("unsnooze", {}, "is not snoozed any more."),
        ("snooze", {"at": "2026-11-23T08:15"}, "is snoozed until Mon 23 Nov, 08:15."),
        (
            "acknowledge",
            {"until": "1h"},
            "is acknowledged, with maria&#39;s promise of an answer by 13:00.",
        ),
        ("promise", {"until": "end_of_day"}, "promise of an answer by Mon 23 Nov, 18:00."),
        ("promise", {}, "has no promise any more."),
        ("assign", {"assignee": "ana", "note": "You know them."}, "is with ana."),
        ("dismiss", {"reason": "other", "note": "They called us."}, "is dismissed."),
        ("undo", {}, "is acknowledged again."),
        ("resolve", {}, "is resolved."),
        ("reopen", {}, "is reopened."),
    ]
    for act, fields, sentence in steps:
        path = f"/automation/items/{item_id}/{act}"
        answer = admin.submit(path, page=page, back=page, **fields)
        assert (answer.status_code, answer.location) == (HTTPStatus.SEE_OTHER, page), act
        assert sentence in admin.get(page).text, act
    shown = re.sub(r"<[^>]+>|\s+", " ", admin.get(page).text)
    assert "maria handed it over to ana" in re.sub(" +", " ", shown)


def test_only_acts_that_apply_are_shown(admin: Browser, sessions: Sessions, item_id: int) -> None:
    page = f"/automation/items/{item_id}"
    shown = admin.get(page).text
    for act in ("acknowledge", "resolve", "dismiss", "snooze", "assign"):
        assert f"{page}/{act}" in shown
    for act in ("reopen", "promise", "unsnooze", "undo"):
        assert f"{page}/{act}" not in shown
    with sessions.begin() as session:
        apply_action(session, item_id, Action.RESOLVE, actor="jonas")
    closed = admin.get(page).text
    assert re.findall(rf"{page}/(\w+)", closed) == ["notes", "reopen"]


@pytest.mark.parametrize(
    "act, fields, sentence",
    [
        ("dismiss", {"note": "It rang twice."}, "Choose a reason"),
        ("dismiss", {"reason": "other"}, "needs a note"),
        ("snooze", {"at": "yesterday", "note": "It rang twice."}, "a date and a time of day"),
        ("acknowledge", {"at": "2026-11-21T08:00", "note": "It rang."}, "in the future"),
        ("assign", {"assignee": "nobody", "note": "It rang."}, "no active admin"),
        ("notes", {}, "can&#39;t be empty"),
    ],
)
def test_a_refused_form_says_why_and_keeps_what_was_typed(
    admin: Browser, item_id: int, act: str, fields: dict[str, str], sentence: str
) -> None:
    page = f"/automation/items/{item_id}"
    answer = admin.submit(f"{page}/{act}", page=page, **fields)
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert sentence in answer.text
    assert fields.get("note", "") in answer.text
    if "reason" in fields:
        assert f'<option value="{fields["reason"]}" selected>' in answer.text


def test_a_conflict_keeps_the_form_and_names_who_was_first(
    admin: Browser, sessions: Sessions, item_id: int
) -> None:
    with sessions.begin() as session:
        apply_action(session, item_id, Action.ACKNOWLEDGE, actor="jonas")
    page = f"/automation/items/{item_id}"
    fields = {"version": "1", "reason": "duplicate", "note": "As item 7."}
    answer = admin.submit(f"{page}/dismiss", page=page, **fields)
    assert answer.status_code == HTTPStatus.CONFLICT
    assert "was acknowledged by jonas" in answer.text
    assert "As item 7." in answer.text
    assert '<option value="duplicate" selected>' in answer.text


def test_the_words_of_a_customer_have_their_language(
    admin: Browser, sessions: Sessions, item_id: int
) -> None:
    with sessions.begin() as session:
        session.execute(
            text('UPDATE cc_automation_events SET payload = payload || \'{"language": "es"}\'')
        )
    assert 'lang="es">“&lt;script&gt;' in admin.get(f"/automation/items/{item_id}").text


def test_an_overdue_promise_names_who_made_it(
    admin: Browser, sessions: Sessions, item_id: int
) -> None:
    with sessions.begin() as session:
        apply_action(session, item_id, Action.ACKNOWLEDGE, actor="jonas", until=NOW)
    shown = admin.get(f"/automation/items/{item_id}").text
    assert "Overdue" in shown
    assert "jonas promised an answer by" in shown


def test_the_page_leads_to_the_neighbours_in_the_list_from_which_one_came(
    admin: Browser, sessions: Sessions, item_id: int
) -> None:
    with sessions.begin() as session:
        later = InboxItem(
            type="test", severity="info", title="Later", body="", dedupe_key="test:later"
        )
        session.add(later)
        session.flush()
        later_id = later.id
    page = f"/automation/items/{item_id}"
    for query, is_in_list in (("", True), ("?severity=critical", False), ("?status=new", True)):
        shown = admin.get(page + query).text
        assert f'href="/automation{query}">Inbox' in shown
        next_link = f'href="/automation/items/{later_id}{query}" data-neighbour="next"'
        assert (next_link in shown) is is_in_list, query
        assert 'data-neighbour="previous"' not in shown
    odd = admin.get(f"{page}?item_id=9&_scheme=ftp&_external=1&status=open").text
    assert 'href="/automation?status=open">Inbox' in odd
