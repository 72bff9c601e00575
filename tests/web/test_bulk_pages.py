"""Act on many from the pages, without JavaScript: tick, preview, confirm, look, cancel, undo."""

import re
from http import HTTPStatus
from typing import Any

import pytest
from sqlalchemy import text
from werkzeug.test import TestResponse

from app.bulk.bulk_actions import ItemAction
from app.bulk.control_job import start_job
from app.bulk.plan_job import plan_items
from app.bulk.run_jobs import run_bulk_jobs
from app.core.database import Sessions
from tests.inbox.conftest import AddItem, add_item
from tests.web.conftest import Browser

__all__ = ["add_item"]

INBOX = "/automation"


@pytest.fixture
def items(add_item: AddItem) -> list[int]:
    return [add_item(severity="error") for _ in range(3)]


def plan(admin: Browser, *, query: str = "", **fields: Any) -> TestResponse:
    page = f"{INBOX}?{query}" if query else INBOX
    return admin.submit("/automation/bulk/items", page=page, query=query, **fields)


def confirm(admin: Browser, planned: TestResponse, **fields: Any) -> str:
    assert planned.status_code == HTTPStatus.SEE_OTHER
    answer = admin.submit(f"{planned.location}/start", page=planned.location, **fields)
    assert answer.status_code == HTTPStatus.SEE_OTHER
    return planned.location


def statuses(sessions: Sessions) -> list[str]:
    with sessions.begin() as session:
        return list(session.scalars(text("SELECT status FROM cc_admin_inbox_items ORDER BY id")))


def test_the_rows_have_boxes_of_the_form_and_the_page_has_its_ids(
    admin: Browser, items: list[int]
) -> None:
    page = admin.get(INBOX).text
    boxes = re.findall(r'type="checkbox" name="ids" value="(\d+)" form="bulk"', page)
    assert sorted(map(int, boxes)) == items
    [on_page] = re.findall(r'name="page_ids" value="([\d,]+)" form="bulk"', page)
    assert sorted(map(int, on_page.split(","))) == items


def test_ticked_items_are_resolved_after_a_preview_and_the_whole_is_undone(
    admin: Browser, items: list[int], sessions: Sessions
) -> None:
    planned = plan(admin, action="resolve", scope="selected", ids=items[:2])
    preview = admin.get(planned.location).text
    assert "Resolve 2 items?" in preview
    assert "Nothing is changed yet." in preview
    assert statuses(sessions) == ["open"] * 3

    job = confirm(admin, planned, note="Done by telephone.")
    running = admin.get(job).text
    assert "0 items are resolved, 2 to go." in running
    assert "Reload to see the progress" in running
    run_bulk_jobs(sessions)

    done = admin.get(job).text
    assert "2 items are resolved." in done
    assert "Done by telephone." in done
    assert statuses(sessions) == ["resolved", "resolved", "open"]
    undone = admin.submit(f"{job}/undo", page=job)
    run_bulk_jobs(sessions)
    assert "2 items are changed back." in admin.get(undone.location).text
    assert statuses(sessions) == ["open"] * 3
    assert "Undo the changes of 2 items" in admin.get("/automation/bulk").text


@pytest.mark.parametrize("scope", ["page", "filter"])
def test_the_page_or_all_that_match_are_dismissed_with_a_reason(
    admin: Browser, items: list[int], sessions: Sessions, add_item: AddItem, scope: str
) -> None:
    add_item(severity="info")
    on_page = ",".join(map(str, items))
    options = {"action": "dismiss", "scope": scope, "page_ids": on_page, "query": "severity=error"}
    planned = plan(admin, **options)

    refused = admin.submit(
        f"{planned.location}/start", page=planned.location, reason="other", note=""
    )
    assert refused.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "needs a note" in refused.text
    confirm(admin, planned, reason="test")
    run_bulk_jobs(sessions)

    assert statuses(sessions) == ["dismissed"] * 3 + ["open"]


def test_an_item_that_somebody_changed_is_listed_as_skipped(
    admin: Browser, items: list[int], sessions: Sessions
) -> None:
    planned = plan(admin, action="acknowledge", scope="selected", ids=items)
    admin.submit(f"/automation/items/{items[0]}/resolve", page=f"/automation/items/{items[0]}")
    job = confirm(admin, planned, until="1h")
    run_bulk_jobs(sessions)

    page = admin.get(job).text
    assert "2 items are acknowledged." in page
    assert "1 item skipped" in page
    assert f"Item {items[0]} was resolved by maria" in page


def test_a_job_is_cancelled_on_its_page_by_anybody(
    admin: Browser, items: list[int], sessions: Sessions
) -> None:
    with sessions.begin() as session:
        job_id = plan_items(session, ItemAction.RESOLVE, author="bea", ids=items).id
        start_job(session, job_id, actor="bea")
    job = f"/automation/bulk/{job_id}"
    for _ in range(2):
        admin.submit(f"{job}/cancel", page=job if _ == 0 else INBOX)
    assert (
        "maria cancelled it. 0 items are resolved; the other 3 are unchanged."
        in admin.get(job).text
    )
    run_bulk_jobs(sessions)
    assert statuses(sessions) == ["open"] * 3


@pytest.mark.parametrize(
    "fields, said",
    [
        ({"scope": "selected"}, "Choose at least one."),
        ({"scope": "page", "page_ids": "1,x"}, "choose them again"),
        ({"scope": "filter", "query": "colour=red"}, "There is no parameter colour here."),
    ],
)
def test_a_choice_that_can_not_be_used_leads_back_to_the_list_and_says_why(
    admin: Browser, items: list[int], fields: dict[str, str], said: str
) -> None:
    answer = admin.submit("/automation/bulk/items", page=INBOX, action="resolve", **fields)
    assert answer.status_code == HTTPStatus.SEE_OTHER
    assert said in admin.get("/automation").text
    assert items


def test_failed_events_are_grouped_retried_and_discarded_on_pages(
    admin: Browser, event_id: int
) -> None:
    groups = admin.get("/automation/events/groups").text
    assert "New fraud case" in groups
    assert "KeyError" in groups
    query = "event_type=fraud_case_created&error_fingerprint="
    assert query.replace("&", "&amp;") in groups

    planned = admin.submit(
        "/automation/bulk/events", page="/automation/events/groups", action="retry", query=query
    )
    assert planned.status_code == HTTPStatus.SEE_OTHER
    assert "Retry 1 event?" in admin.get(planned.location).text
    cancelled = admin.submit(f"{planned.location}/cancel", page=planned.location)
    assert cancelled.status_code == HTTPStatus.SEE_OTHER

    event = f"/automation/events/{event_id}"
    refused = admin.submit(f"{event}/discard", page=event, reason=" ")
    assert "Give the reason of the discard." in admin.get(refused.location).text
    admin.submit(f"{event}/discard", page=event, reason="A test.")
    page = admin.get(event).text
    assert "maria discarded it" in page
    assert "A test." in page
    assert "No event has failed." in admin.get("/automation/events/groups").text
    assert f"#{event_id}" in admin.get("/automation/events?discarded=true").text
    assert f"#{event_id}" not in admin.get("/automation/events?dead=true").text
    admin.submit(f"{event}/retry", page=event)
    assert "It is due and will be dispatched" in admin.get(event).text


def test_failed_messages_are_grouped_and_discarded_on_pages(
    admin: Browser, sessions: Sessions
) -> None:
    with sessions.begin() as session:
        session.execute(
            text(
                "WITH customer AS (INSERT INTO cc_customers"
                " (number_encrypted, number_fingerprint, masked) VALUES ('x', 'x', '••• 0147')"
                " RETURNING id) INSERT INTO cc_outbound_jobs (kind, status, customer_id,"
                " text_encrypted, attempts, next_attempt_at, failed_at, last_error)"
                " SELECT 'otp', 'failed', id, NULL, 5, NULL, now(), 'Blocked.' FROM customer"
            )
        )
    assert "Blocked." in admin.get("/automation/outbound/groups").text
    planned = admin.submit(
        "/automation/bulk/messages",
        page="/automation/outbound/groups",
        action="discard",
        query="last_error=Blocked.",
    )
    confirm(admin, planned, reason="The customer was called.")
    run_bulk_jobs(sessions)
    message = admin.get("/automation/outbound/1").text
    assert "It will not be sent" in message
    assert "The customer was called." in message
    assert "No message has failed." in admin.get("/automation/outbound/groups").text
