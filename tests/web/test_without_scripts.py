"""The inbox without JavaScript, and acts over a slow network."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, Route, expect

from app.bulk.run_jobs import run_bulk_jobs
from app.core.database import Sessions
from tests.web.browser import address, chromium, page, sign_in
from tests.whatsapp import Read, read

__all__ = ["address", "chromium", "page", "read"]

pytestmark = [pytest.mark.slow, pytest.mark.needs("chromium"), pytest.mark.usefixtures("users")]


@pytest.fixture
def plain(chromium: Chromium, address: str) -> Iterator[Page]:
    """A page in a browser whose JavaScript is turned off."""
    context = chromium.new_context(base_url=address, java_script_enabled=False)
    yield context.new_page()
    context.close()


def said(page: Page, words: str) -> None:
    expect(page.get_by_role("status").first).to_contain_text(words)


def opened(page: Page, label: str) -> Page:
    page.locator("summary", has_text=label).first.click()
    return page


def test_every_act_on_an_item_works_without_javascript(plain: Page, item_id: int) -> None:
    sign_in(plain)
    plain.goto(f"/automation/items/{item_id}")
    opened(plain, "Acknowledge with a promise").get_by_label("What you do until then").fill("Call.")
    plain.get_by_role("button", name="Acknowledge with this promise").click()
    said(plain, "is acknowledged")
    opened(plain, "Change the promise").get_by_label("Until", exact=True).first.select_option("")
    plain.get_by_role("button", name="Change the promise").click()
    said(plain, f"Item {item_id}")
    plain.get_by_label("Note", exact=True).fill("No answer.")
    plain.get_by_role("button", name="Save only the note").click()
    said(plain, "The note is saved.")
    opened(plain, "Snooze").get_by_role("button", name="Snooze the item").click()
    said(plain, "snoozed")
    plain.get_by_role("button", name="End the snooze").click()
    said(plain, f"Item {item_id}")
    opened(plain, "Hand over").get_by_label("To", exact=True).select_option("")
    plain.get_by_role("button", name="Assign the item").click()
    said(plain, "with nobody")
    plain.get_by_label("Note", exact=True).fill("Refunded.")
    plain.get_by_role("button", name="Resolve", exact=True).click()
    said(plain, "is resolved")
    plain.get_by_label("Note", exact=True).fill("The wrong item.")
    plain.get_by_role("button", name="Undo my last action").click()
    said(plain, "is acknowledged again")
    expect(plain.locator(".history")).to_contain_text("The wrong item.")
    opened(plain, "Dismiss").get_by_label("Reason").select_option("duplicate")
    plain.get_by_role("button", name="Dismiss the item").click()
    said(plain, "is dismissed")
    plain.get_by_role("button", name="Reopen").click()
    said(plain, "is reopened")
    for words in ("Call.", "No answer.", "Refunded."):
        expect(plain.locator(".history")).to_contain_text(words)


def test_ticked_items_are_resolved_without_javascript(
    plain: Page, item_id: int, sessions: Sessions, read: Read
) -> None:
    sign_in(plain)
    plain.get_by_label(f"Select item {item_id}").check()
    opened(plain, "Act on many").get_by_role("button", name="Resolve…").click()
    plain.get_by_role("button", name="Resolve").first.click()
    run_bulk_jobs(sessions)
    plain.reload()
    expect(plain.get_by_text("1 of 1").first).to_be_visible()
    (item,) = read("SELECT status FROM cc_admin_inbox_items")
    assert item["status"] == "resolved"


def test_two_clicks_over_a_slow_network_are_one_act(page: Page, item_id: int, read: Read) -> None:
    def slow(route: Route) -> None:
        page.wait_for_timeout(300)
        route.continue_()

    sign_in(page)
    page.goto(f"/automation/items/{item_id}")
    page.route("**/acknowledge", slow)
    button = page.get_by_role("button", name="Acknowledge", exact=True)
    button.dblclick(no_wait_after=True)
    said(page, f"Item {item_id} is acknowledged.")
    acts = read("SELECT action FROM cc_admin_inbox_activity")
    assert [act["action"] for act in acts] == ["acknowledge"]
