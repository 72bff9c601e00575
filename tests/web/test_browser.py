"""The pages in a real browser: signing in, seeing an item, working it, at two widths."""

import pytest
from playwright.sync_api import Page, expect

from tests.web.browser import address, assert_fits, chromium, enter_credentials, page, sign_in

__all__ = ["address", "chromium", "page"]

pytestmark = [pytest.mark.slow, pytest.mark.needs("chromium"), pytest.mark.usefixtures("users")]


def test_an_admin_signs_in_sees_an_item_and_acknowledges_it(page: Page, item_id: int) -> None:
    page.goto("/")
    enter_credentials(page)
    expect(page.get_by_role("heading", name="Inbox")).to_be_visible()
    assert_fits(page)
    page.get_by_role("link", name="Fraud reported").click()
    expect(page.get_by_role("heading", name="Fraud reported")).to_be_visible()
    expect(page).to_have_url(f"/automation/items/{item_id}")
    assert_fits(page)
    page.get_by_label("Note").fill("Calling the customer.")
    page.get_by_role("button", name="Acknowledge", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text(f"Item {item_id} is acknowledged.")
    expect(page.locator(".history")).to_contain_text("Calling the customer.")
    expect(page.get_by_role("button", name="Acknowledge", exact=True)).to_have_count(0)
    expect(page.get_by_role("button", name="Resolve")).to_be_visible()
    assert_fits(page)


def test_the_list_works_with_the_keyboard_only(page: Page, item_id: int) -> None:
    sign_in(page)
    page.get_by_role("link", name="Fraud reported").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text(f"Item {item_id} is acknowledged.")
