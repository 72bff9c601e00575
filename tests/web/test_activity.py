"""What a person did: the page and the API."""

from http import HTTPStatus
from typing import Any

import pytest
from sqlalchemy import text

from app.core.database import Sessions
from app.reports.activity import ActivityFilter, list_activity
from tests.web.conftest import Browser, Program
from tests.whatsapp import Read, read

__all__ = ["read"]

PATH = "/api/automation/people/maria/activity"
ACTS = """
INSERT INTO cc_admin_inbox_activity (item_id, actor, action, from_status, to_status, at)
SELECT item.id, CASE WHEN n % 2 = 0 THEN 'ana' ELSE 'luis' END, 'note', 'open', 'open',
       timestamptz '2026-11-20 00:00Z' + n * interval '1 minute'
FROM cc_admin_inbox_items AS item, generate_series(1, 4000) AS n
"""


def acts(answer: Any) -> list[tuple[str, str]]:
    return [(act["action"], act["ref"]) for act in answer.json["items"]]


@pytest.fixture
def worked(admin: Browser, event_id: int, item_id: int) -> None:
    """Maria retried an event, resolved and reopened an item, and exported the inbox."""
    item = f"/automation/items/{item_id}"
    admin.submit(f"/automation/events/{event_id}/retry", page=f"/automation/events/{event_id}")
    admin.submit(f"{item}/resolve", page=item, note="Called +34 600 111 222.", version="1")
    admin.submit(f"{item}/reopen", page=item, version="2")
    assert admin.get("/automation/exports/inbox.csv?severity=critical").text.endswith('"\r\n')


@pytest.mark.usefixtures("worked")
def test_the_log_has_every_act_newest_first(program: Program, item_id: int, event_id: int) -> None:
    answer = program.get(PATH)
    assert acts(answer) == [
        ("export", "export:1"),
        ("reopen", f"item:{item_id}"),
        ("resolve", f"item:{item_id}"),
        ("retry", f"event:{event_id}"),
    ]
    assert answer.json is not None
    export, _, resolved, retried = answer.json["items"]
    assert export["note"] == "1 row, complete; status=open, severity=critical"
    assert (resolved["from_status"], resolved["to_status"]) == ("open", "resolved")
    assert resolved["note"] == "Called ••• 1222."
    assert resolved["subject"] == "Fraud reported by ••• 0147"
    assert retried["subject"] == "fraud_case_created"


@pytest.mark.usefixtures("worked")
def test_the_log_is_paged_without_gap_over_all_tables(program: Program) -> None:
    found: list[tuple[str, str]] = []
    cursor = ""
    for _ in range(4):
        answer = program.get(f"{PATH}?limit=1&cursor={cursor}")
        found += acts(answer)
        assert answer.json is not None
        cursor = answer.json["next_cursor"]
    assert found == acts(program.get(PATH))
    assert cursor is None


@pytest.mark.usefixtures("worked")
@pytest.mark.parametrize(
    "query, actions",
    [
        ("action=resolve", ["resolve"]),
        ("action=export", ["export"]),
        ("action=dismiss", []),
        ("until=2026-11-01", []),
        ("since=2026-11-01", ["export", "reopen", "resolve", "retry"]),
    ],
)
def test_the_log_is_filtered(program: Program, query: str, actions: list[str]) -> None:
    assert [action for action, _ in acts(program.get(f"{PATH}?{query}"))] == actions


def test_the_log_has_acts_on_channels(admin: Browser, program: Program) -> None:
    form = {"name": "Team", "kind": "email", "target": "team@example.com"}
    new = "/automation/notifications/channels/new"
    admin.submit("/automation/notifications/channels", page=new, **form)
    channel = "/automation/notifications/channels/1"
    admin.submit(f"{channel}/disable", page=channel)
    assert acts(program.get(PATH)) == [("disable", "channel:1"), ("create", "channel:1")]
    (disabled,) = program.get(f"{PATH}?action=disable").get_json()["items"]
    assert disabled["subject"] == "Channel 1"
    assert (disabled["from_status"], disabled["to_status"]) == ("active", "disabled")
    assert f'<a href="{channel}">Channel 1</a>' in admin.get("/automation/people/maria").text


@pytest.mark.usefixtures("worked")
def test_the_page_shows_the_log_with_links(admin: Browser, item_id: int) -> None:
    answer = admin.get("/automation/activity")
    assert answer.location == "/automation/people/maria"
    shown = admin.get("/automation/people/maria?action=resolve").text
    assert "My activity" in shown
    assert f'href="/automation/items/{item_id}"' in shown
    assert "Called ••• 1222." in shown
    assert "Activity of nobody &lt;b&gt;" in admin.get("/automation/people/nobody <b>").text
    assert 'href="/automation/people/maria"' in admin.get(f"/automation/items/{item_id}").text


@pytest.mark.parametrize(
    "query", ["since=yesterday", "since=0001-01-01", "cursor=nonsense", "actor=ana"]
)
def test_a_wrong_query_is_refused(program: Program, query: str) -> None:
    answer = program.get(f"{PATH}?{query}")
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY


@pytest.mark.usefixtures("item_id")
@pytest.mark.parametrize("action", [None, "retry"])
def test_the_log_of_a_person_is_read_by_its_index(
    sessions: Sessions, read: Read, action: str | None
) -> None:
    read(ACTS)
    sent: list[tuple[str, Any]] = []
    with sessions.begin() as session:
        session.execute(text("ANALYZE cc_admin_inbox_activity"))
    with sessions.begin() as session:
        from sqlalchemy import event as hooks  # noqa: PLC0415

        bind = session.get_bind()
        hooks.listen(bind, "before_cursor_execute", lambda *call: sent.append((call[2], call[3])))
        list_activity(session, "ana", ActivityFilter(action=action), limit=50)
    [(statement, values)] = [each for each in sent if "FROM cc_admin_inbox_activity" in each[0]]
    with sessions.begin() as session:
        connection = session.connection()
        plan = "\n".join(
            row[0] for row in connection.exec_driver_sql(f"EXPLAIN {statement}", values)
        )
    assert "ix_cc_admin_inbox_activity_actor" in plan
    assert "Seq Scan" not in plan
