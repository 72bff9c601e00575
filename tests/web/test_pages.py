from http import HTTPStatus

import pytest
from sqlalchemy import text

from app.core.database import Sessions
from app.web.pages.display import link_label
from tests.web.cases import write_case
from tests.web.conftest import Browser


@pytest.mark.parametrize(
    "path",
    [
        "/automation",
        "/automation?status=all&severity=error&type=fraud_case_created&assignee=maria&q=x",
        "/automation/events",
        "/automation/events?dead=true",
        "/automation/overview",
    ],
)
def test_a_page_without_data_is_shown(admin: Browser, path: str) -> None:
    answer = admin.get(path)
    assert answer.status_code == HTTPStatus.OK
    assert answer.content_type == "text/html; charset=utf-8"


def test_an_item_is_resolved_from_its_page_without_scripts(admin: Browser, item_id: int) -> None:
    page = f"/automation/items/{item_id}"
    assert "Reopen" not in admin.get(page).text
    answer = admin.submit(f"{page}/resolve", page=page, note="Refund started.", version="1")
    assert (answer.status_code, answer.location) == (HTTPStatus.SEE_OTHER, page)
    shown = admin.get(page).text
    assert f"Item {item_id} is resolved." in shown
    assert "Refund started." in shown
    assert "Reopen" in shown
    assert "/acknowledge" not in shown


def test_the_page_tells_the_second_admin_who_was_first(admin: Browser, item_id: int) -> None:
    page = f"/automation/items/{item_id}"
    admin.submit(f"{page}/resolve", page=page, version="1")
    admin.submit(f"{page}/dismiss", page=page, version="1", reason="test")
    assert "was resolved by maria" in admin.get(page).text


def test_acknowledging_from_the_list_leads_back_to_the_same_list(
    admin: Browser, item_id: int
) -> None:
    here = "/automation?status=open&severity=critical"
    action = f"/automation/items/{item_id}/acknowledge"
    answer = admin.submit(action, page=here, version="1", back=here)
    assert answer.location == here


def test_an_action_never_redirects_to_another_site(admin: Browser, item_id: int) -> None:
    page = f"/automation/items/{item_id}"
    answer = admin.submit(f"{page}/resolve", page=page, back="https://evil.example")
    assert answer.location == page


def test_what_customers_write_is_shown_as_text(admin: Browser, item_id: int) -> None:
    for path in ("/automation", f"/automation/items/{item_id}", "/automation/events/1"):
        shown = admin.get(path).text
        assert "<script>alert" not in shown
        assert "&lt;script&gt;alert" in shown


@pytest.mark.parametrize("link", ["https://evil.example", "//evil.example", "javascript:alert(1)"])
def test_a_link_to_another_site_is_not_shown(
    admin: Browser, sessions: Sessions, item_id: int, link: str
) -> None:
    with sessions.begin() as session:
        session.execute(text("UPDATE cc_admin_inbox_items SET link_ref = :link"), {"link": link})
    assert link not in admin.get(f"/automation/items/{item_id}").text


def test_a_dead_letter_is_retried_from_its_page(admin: Browser, event_id: int) -> None:
    page = f"/automation/events/{event_id}"
    assert "Retry now" in admin.get(page).text
    admin.submit(f"{page}/retry", page=page)
    shown = admin.get(page).text
    assert "is due now, with a new series of attempts" in shown
    assert "Retry now" not in shown


def test_due_events_are_dispatched_from_the_overview(admin: Browser, event_id: int) -> None:
    page = "/automation/overview"
    admin.submit(f"/automation/events/{event_id}/retry", page=page)
    admin.submit(f"{page}/dispatch", page=page)
    assert "In the inbox: 1. Failed: 0." in admin.get(page).text


def test_periodic_jobs_are_run_from_the_overview(admin: Browser) -> None:
    page = "/automation/overview"
    assert admin.get(page).text.count("Has not run yet.") == 3
    admin.submit(f"{page}/otp-stuck", page=page)
    shown = admin.get(page).text
    assert "stuck for over 30 minutes: 0." in shown
    admin.submit(f"{page}/daily-summary", page=page)
    assert "will appear in the inbox" in admin.get(page).text
    admin.submit(f"{page}/daily-summary", page=page)
    assert "exists already" in admin.get(page).text
    admin.submit(f"{page}/trend-hours", page=page)
    assert "Hours counted for the trends: 744." in admin.get(page).text


def test_the_overview_says_in_words_which_runs_were_the_last(
    admin: Browser, sessions: Sessions
) -> None:
    with sessions.begin() as session:
        session.execute(
            text(
                "INSERT INTO cc_job_runs (job, slot, outcome, finished_at) VALUES"
                " ('otp-stuck', '2026-11-24T21:30Z', 'done', now()),"
                " ('daily-summary', '2026-11-23', 'failed', now())"
            )
        )
    shown = admin.get("/automation/overview").text
    assert "Last run: planned for 24 Nov 2026, 21:30 UTC. It finished" in shown
    assert "Last run: for 23 Nov 2026. It failed" in shown


@pytest.mark.parametrize(
    "path, label",
    [
        ("/automation/cases/7", "Open the fraud case"),
        ("/automation/overview#periodic", "Open the overview"),
        ("/automation/events?dead=true", "Open the events"),
        ("/automation/somewhere", "Open the page"),
    ],
)
def test_the_button_of_an_item_names_the_page_that_it_opens(path: str, label: str) -> None:
    assert link_label(path) == label


def test_an_event_page_explains_its_terms(admin: Browser, event_id: int) -> None:
    shown = admin.get(f"/automation/events/{event_id}").text
    assert "New fraud case" in shown
    assert "starts a new series of 10 attempts." in shown
    assert "A second event with the same key is not recorded." in shown


def test_a_long_list_is_paged(admin: Browser, sessions: Sessions) -> None:
    with sessions.begin() as session:
        session.execute(
            text(
                "INSERT INTO cc_admin_inbox_items (type, severity, title, body, dedupe_key)"
                " SELECT 'x', 'info', 'Number ' || n, 'body', n::text FROM generate_series(1, 60) n"
            )
        )
    first = admin.get("/automation?q=number&order=newest").text
    assert "Number 60" in first
    assert "Number 10<" not in first
    older = first.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    assert "q=number" in older
    second = admin.get(older).text
    assert "Number 10<" in second
    assert "Newest" in second


def test_a_message_page_shows_it_masked_and_sends_it_again(
    admin: Browser, sessions: Sessions
) -> None:
    with sessions.begin() as session:
        session.execute(
            text(
                "WITH customer AS (INSERT INTO cc_customers (number_encrypted,"
                " number_fingerprint, masked) VALUES ('sealed', 'print', '••• 0147')"
                " RETURNING id) INSERT INTO cc_outbound_jobs (kind, status, customer_id,"
                " text_encrypted, attempts, last_error, next_attempt_at, failed_at)"
                " SELECT 'text', 'failed', id, 'sealed', 5, 'Not on WhatsApp.', NULL, now()"
                " FROM customer"
            )
        )
    page = "/automation/outbound/1"
    assert "Not on WhatsApp." in admin.get(page).text
    admin.submit(f"{page}/retry", page=page)
    shown = admin.get(page).text
    assert "is due now, with a new series of attempts" in shown
    assert "Send again" not in shown


def test_a_message_page_says_which_earlier_message_it_waits_for(
    admin: Browser, sessions: Sessions
) -> None:
    with sessions.begin() as session:
        session.execute(
            text(
                "WITH customer AS (INSERT INTO cc_customers (number_encrypted,"
                " number_fingerprint, masked) VALUES ('sealed', 'print', '••• 0147')"
                " RETURNING id) INSERT INTO cc_outbound_jobs (kind, customer_id,"
                " text_encrypted, waits_for) SELECT 'text', id, 'sealed', earlier"
                " FROM customer, unnest(ARRAY[NULL, 1]) AS earlier"
            )
        )
    shown = admin.get("/automation/outbound/2").text
    assert "waits until an earlier message to the same customer has ended" in shown
    assert 'href="/automation/outbound/1"' in shown


def test_a_case_page_shows_report_verification_and_later_messages(
    admin: Browser, sessions: Sessions
) -> None:
    write_case(sessions)
    shown = admin.get("/automation/cases/1").text
    assert "My card is gone" in shown
    assert "•••\N{NO-BREAK SPACE}0147" in shown
    assert "Verified" in shown
    assert shown.index("480 EUR in Lyon &lt;b&gt;") < shown.index("on Monday")
