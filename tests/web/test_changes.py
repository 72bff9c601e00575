"""What open pages poll: one read for all viewers, 304 while nothing changes."""

import itertools
from http import HTTPStatus

import pytest
from flask import Flask
from sqlalchemy import text

from app.bootstrap import Container
from app.core.database import Sessions
from app.dispatch.dispatch import dispatch_due
from app.inbox.actions import Action
from app.inbox.apply_action import apply_action
from app.inbox.latest import count_changes
from app.outbox.events import FraudCaseCreated, WebhookPartQuarantined
from app.outbox.record import record_event
from app.web.shared_reads import KEYS_LIMIT, SharedReads
from tests.web.conftest import Browser

PATH = "/automation/changes"


@pytest.fixture(autouse=True)
def _no_waiting(web: Flask) -> None:
    """Read anew at every request, so that no test depends on the time between two."""
    web.extensions["changes"] = SharedReads(seconds=0)


def changes(sessions: Sessions) -> int:
    with sessions.begin() as session:
        return count_changes(session)


def report(container: Container, case_id: int) -> None:
    event = FraudCaseCreated(
        case_id=case_id, masked_phone="••• 0147", language="en", report="Fraud!"
    )
    with container.sessions.begin() as session:
        record_event(session, event)
    dispatch_due(container.dispatcher)


def test_an_answer_is_repeated_only_after_a_change(
    admin: Browser, item_id: int, container: Container
) -> None:
    first = admin.get(PATH)
    assert first.json is not None
    assert first.json["rows"] == [[item_id, 1]]
    assert [item["id"] for item in first.json["latest"]] == [item_id]
    assert 'data-live="strip"' in first.json["strip"]
    seen = {"If-None-Match": first.headers["ETag"]}
    again = admin.get(PATH, headers=seen)
    assert (again.status_code, again.data) == (HTTPStatus.NOT_MODIFIED, b"")
    with container.sessions.begin() as session:
        apply_action(session, item_id, Action.ACKNOWLEDGE, actor="jonas")
    changed = admin.get(PATH, headers=seen)
    assert changed.status_code == HTTPStatus.OK
    assert changed.json is not None
    assert changed.json["rows"] == []


def test_the_rows_are_those_of_the_filter(admin: Browser, item_id: int) -> None:
    for query, rows in (("severity=critical", [[item_id, 1]]), ("severity=info", [])):
        answer = admin.get(f"{PATH}?{query}")
        assert answer.json is not None
        assert answer.json["rows"] == rows
    assert admin.get(f"{PATH}?severity=nonsense").status_code == HTTPStatus.UNPROCESSABLE_ENTITY


def test_every_way_to_change_an_item_is_counted_once_per_transaction(
    container: Container, sessions: Sessions
) -> None:
    report(container, 1)
    assert changes(sessions) == 1
    with sessions.begin() as session:
        for part_id in (1, 2):
            event = WebhookPartQuarantined(
                part_id=part_id, kind="poll", fault="?", kept_until=container.clock().date()
            )
            record_event(session, event)
    dispatch_due(container.dispatcher)  # folds both into one item
    assert changes(sessions) == 2
    with sessions.begin() as session:
        session.execute(text("DELETE FROM cc_admin_inbox_items"))
    assert changes(sessions) == 3


def test_a_change_that_is_rolled_back_is_not_counted(sessions: Sessions, item_id: int) -> None:
    before = changes(sessions)
    touch = text("UPDATE cc_admin_inbox_items SET assignee = 'jonas' WHERE id = :id")
    with sessions() as session:
        with session.begin_nested() as savepoint:
            session.execute(touch, {"id": item_id})
            savepoint.rollback()
        session.execute(touch, {"id": item_id})
        assert count_changes(session) == before + 1
    assert changes(sessions) == before


def test_two_transactions_at_once_do_not_wait_for_each_other(
    container: Container, sessions: Sessions
) -> None:
    for case_id in (1, 2):
        report(container, case_id)
    before = changes(sessions)
    touch = text("UPDATE cc_admin_inbox_items SET assignee = 'jonas' WHERE link_ref LIKE :case")
    with sessions.begin() as one, sessions.begin() as other:
        other.execute(text("SET LOCAL lock_timeout = '1s'"))
        one.execute(touch, {"case": "%/1"})
        other.execute(touch, {"case": "%/2"})
        assert changes(sessions) == before  # neither has committed
    assert changes(sessions) == before + 2


def test_a_value_is_read_once_per_moment_and_gets_the_one_before() -> None:
    time = [0.0]
    shared = SharedReads(seconds=1, now=lambda: time[0])
    reads: list[int | None] = []

    def read(earlier: int | None) -> int:
        reads.append(earlier)
        return len(reads)

    assert [shared.get("key", read) for _ in range(3)] == [1, 1, 1]
    time[0] = 1.0
    assert shared.get("key", read) == 2
    assert reads == [None, 1]


def test_while_a_value_is_read_again_others_get_the_one_before() -> None:
    shared = SharedReads(seconds=1, now=itertools.count(step=2).__next__)
    assert shared.get("key", lambda _: "old") == "old"
    during: list[str] = []

    def read(_: str | None) -> str:
        during.append(shared.get("key", lambda _: "never read"))
        return "new"

    assert shared.get("key", read) == "new"
    assert during == ["old"]


def test_a_read_that_fails_is_tried_again() -> None:
    shared = SharedReads(seconds=1)
    with pytest.raises(ZeroDivisionError):
        shared.get("key", lambda _: 1 / 0)
    assert shared.get("key", lambda _: "read") == "read"


def test_the_number_of_kept_values_is_limited() -> None:
    shared = SharedReads(seconds=1)
    for key in range(3 * KEYS_LIMIT):
        shared.get(key, lambda _: "value")
    assert len(shared._kept) <= KEYS_LIMIT
