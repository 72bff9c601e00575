"""The page of a case: its item, its conversation, and replies to the customer."""

from http import HTTPStatus

import pytest
from sqlalchemy import text

from app.bootstrap import Container
from app.core.database import Sessions
from app.dispatch.dispatch import dispatch_due
from app.outbox.events import FraudCaseCreated
from app.outbox.record import record_event
from tests.web.cases import write_case
from tests.web.conftest import Browser, Program

CASE = "/automation/cases/1"
REPLIES = f"{CASE}/replies"


@pytest.fixture
def case(container: Container) -> Container:
    """Case 1 with its item, whose customer has just written."""
    event = FraudCaseCreated(
        case_id=1, masked_phone="••• 0147", language="en", report="My card is gone"
    )
    with container.sessions.begin() as session:
        record_event(session, event)
    write_case(container.sessions)
    dispatch_due(container.dispatcher)
    return container


def long_ago(sessions: Sessions) -> None:
    with sessions.begin() as session:
        session.execute(
            text("UPDATE cc_inbound_messages SET created_at = now() - interval '25 hours'")
        )


def jobs(sessions: Sessions) -> list[tuple[str, str]]:
    """Return the kind and the author of each message to a customer."""
    query = (
        "SELECT job.kind, act.actor FROM cc_outbound_jobs AS job"
        " JOIN cc_outbound_activity AS act ON act.job_id = job.id ORDER BY job.id"
    )
    with sessions.begin() as session:
        return [(row.kind, row.actor) for row in session.execute(text(query))]


@pytest.mark.usefixtures("case")
def test_the_case_and_its_item_lead_to_each_other(admin: Browser) -> None:
    shown = admin.get(CASE).text
    assert '<a href="/automation/items/1">Item 1</a>' in shown
    assert '<a href="/automation/verifications/1">Verification 1</a>' in shown
    assert f'href="{CASE}"' in admin.get("/automation/items/1").text


@pytest.mark.usefixtures("case")
def test_an_act_on_the_page_of_the_case_acts_on_its_item_and_leads_back(admin: Browser) -> None:
    answer = admin.submit(
        "/automation/items/1/resolve", page=CASE, note="Refunded.", version="1", back=CASE
    )
    assert answer.location == CASE
    shown = admin.get(CASE).text
    assert "status-closed" in shown
    assert "Refunded." in shown
    assert "/automation/items/1/reopen" in shown


def test_before_its_event_is_dispatched_a_case_has_no_act(
    admin: Browser, sessions: Sessions
) -> None:
    write_case(sessions)
    shown = admin.get(CASE).text
    assert "On its way" in shown
    assert "What to do" not in shown


def test_two_clicks_send_one_reply(admin: Browser, case: Container) -> None:
    fields = {"key": "one-form", "text": "Was it a card payment?"}
    first = admin.submit(REPLIES, page=CASE, **fields)
    second = admin.submit(REPLIES, page=CASE, **fields)
    assert {first.status_code, second.status_code} == {HTTPStatus.SEE_OTHER}
    assert first.location == f"{CASE}#conversation"
    shown = admin.get(CASE).text
    assert "The reply was sent already." in shown
    assert shown.count('<blockquote lang="en">Was it a card payment?</blockquote>') == 2
    assert jobs(case.sessions) == [("text", "maria")]


def test_what_was_typed_is_kept_when_it_is_refused(admin: Browser, case: Container) -> None:
    answer = admin.submit(REPLIES, page=CASE, key="form", text="x" * 4097)
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "The text is longer than 4096 characters." in answer.text
    assert "x" * 4097 in answer.text
    long_ago(case.sessions)
    answer = admin.submit(REPLIES, page=CASE, key="form", text="Is that &you&?")
    assert answer.status_code == HTTPStatus.CONFLICT
    assert "takes only templates" in answer.text
    assert "Is that &amp;you&amp;?" in answer.text
    assert jobs(case.sessions) == []


def test_outside_the_window_the_page_offers_templates_only(admin: Browser, case: Container) -> None:
    long_ago(case.sessions)
    shown = admin.get(CASE).text
    assert "WhatsApp takes free text only for 24 hours" in shown
    assert 'name="text"' not in shown
    assert 'value="in_progress"' not in shown
    admin.submit(REPLIES, page=CASE, key="form", approved="case_news")
    assert "We have news about your fraud report, case 1." in admin.get(CASE).text
    assert jobs(case.sessions) == [("template", "maria")]


def test_an_unknown_text_is_refused(admin: Browser, case: Container) -> None:
    answer = admin.submit(REPLIES, page=CASE, key="form", approved="free_money")
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert jobs(case.sessions) == []


def test_older_messages_are_a_link_away(admin: Browser, case: Container) -> None:
    with case.sessions.begin() as session:
        session.execute(
            text(
                "INSERT INTO cc_inbound_messages (message_fingerprint, customer_id, kind, text,"
                " created_at) SELECT 'old ' || n, 1, 'text', 'Message number ' || n,"
                " now() - n * interval '1 hour' FROM generate_series(1, 250) AS n"
            )
        )
    shown = admin.get(CASE).text
    assert "Message number 9<" in shown
    assert "Message number 250<" not in shown
    older = shown.split('href="?before=')[1].split("#")[0]
    assert "Message number 250<" in admin.get(f"{CASE}?before={older}").text


def test_the_api_sends_a_reply_and_shows_the_conversation(
    program: Program, case: Container
) -> None:
    path = "/api/fraud/cases/1"
    sent = program.post(
        f"{path}/replies", json={"text": "Hello"}, more={"Idempotency-Key": "script-7"}
    )
    again = program.post(
        f"{path}/replies", json={"text": "Hello"}, more={"Idempotency-Key": "script-7"}
    )
    assert (sent.status_code, again.get_json()["id"]) == (201, sent.get_json()["id"])
    conversation = program.get(f"{path}/conversation").get_json()
    assert conversation["window"]["is_open"] is True
    newest = conversation["items"][0]
    assert (newest["text"], newest["author"], newest["status"]) == ("Hello", "maria", "queued")
    long_ago(case.sessions)
    refused = program.post(f"{path}/replies", json={"text": "Hello again"})
    assert refused.status_code == HTTPStatus.CONFLICT


@pytest.mark.usefixtures("case")
def test_verifications_are_listed_and_linked_both_ways(admin: Browser) -> None:
    listed = admin.get("/automation/verifications?status=verified&customer_id=1").text
    assert '<a href="/automation/verifications/1">Verification 1</a>' in listed
    assert "Verification 1" not in admin.get("/automation/verifications?status=expired").text
    shown = admin.get("/automation/verifications/1").text
    assert f'<a href="{CASE}">Case 1</a>' in shown
    assert admin.get("/automation/verifications/99").status_code == HTTPStatus.NOT_FOUND


def test_the_page_of_a_message_shows_its_words_but_no_code(
    admin: Browser, program: Program, case: Container
) -> None:
    admin.submit(REPLIES, page=CASE, key="form", text="Call +34 600 999 888, please.")
    shown = admin.get("/automation/outbound/1").text
    assert "•••\N{NO-BREAK SPACE}9888, please." in shown
    assert '<a href="/automation/cases/1">case:1</a>' in shown
    assert '<a href="/automation/items/1">Item 1</a>' in shown
    assert program.get("/api/outbound/jobs/1").get_json()["text"] == "Call ••• 9888, please."
    with case.sessions.begin() as session:
        session.execute(
            text(
                "INSERT INTO cc_outbound_jobs (kind, customer_id, subject_ref)"
                " VALUES ('otp', 1, 'verification:1')"
            )
        )
    assert (
        "A code. It is created at the moment of sending" in admin.get("/automation/outbound/2").text
    )
    assert program.get("/api/outbound/jobs/2").get_json()["text"] is None
