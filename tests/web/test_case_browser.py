"""The page of a case in a real browser: a reply by mouse, and one without JavaScript."""

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, expect

from app.bootstrap import Container
from app.dispatch.dispatch import dispatch_due
from app.outbox.events import FraudCaseCreated
from app.outbox.record import record_event
from tests.web.browser import address, assert_fits, chromium, enter_credentials, page, sign_in
from tests.web.cases import write_case

__all__ = ["address", "chromium", "page"]

pytestmark = [pytest.mark.slow, pytest.mark.needs("chromium"), pytest.mark.usefixtures("users")]

CASE = "/automation/cases/1"


@pytest.fixture(autouse=True)
def _case(container: Container) -> None:
    event = FraudCaseCreated(
        case_id=1, masked_phone="••• 0147", language="en", report="My card is gone"
    )
    with container.sessions.begin() as session:
        record_event(session, event)
    write_case(container.sessions)
    dispatch_due(container.dispatcher)


def test_a_reply_and_an_act_by_mouse(page: Page) -> None:
    sign_in(page)
    page.goto("/automation/items/1")
    page.get_by_role("link", name="Open the fraud case").click()
    expect(page.get_by_label("Your reply")).to_be_visible()
    assert_fits(page)
    page.get_by_label("Your reply").fill("Was it a card payment?")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("The reply is on its way.")
    conversation = page.get_by_role("region", name="Conversation")
    expect(conversation.get_by_text("Was it a card payment?")).to_be_visible()
    expect(page.get_by_label("Your reply")).to_have_value("")
    page.get_by_text("Approved texts").click()
    page.get_by_role("button", name="Send: We are on it").click()
    expect(conversation.get_by_text("is working on your case 1")).to_have_count(2)
    page.get_by_role("button", name="Acknowledge", exact=True).click()
    expect(page.get_by_text("In work")).to_be_visible()
    expect(page.get_by_role("region", name="Timeline")).to_contain_text("maria acknowledged item 1")
    assert_fits(page)


def test_a_reply_without_javascript(chromium: Chromium, address: str) -> None:
    context = chromium.new_context(base_url=address, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"/login?next={CASE}")
    enter_credentials(page)
    page.goto(CASE)
    page.get_by_label("Your reply").fill("Was it a card payment?")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("The reply is on its way.")
    page.get_by_label("Note").first.fill("Refunded.")
    page.get_by_role("button", name="Resolve", exact=True).click()
    expect(page.get_by_role("region", name="Timeline")).to_contain_text("Refunded.")
    expect(page.get_by_text("Closed", exact=True)).to_be_visible()
    context.close()
