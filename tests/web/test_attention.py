"""A tab that nobody looks at tells that items have come: title, icon, desktop notification."""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, expect

from app.web.shared_reads import SharedReads
from tests.web.browser import address, chromium, sign_in
from tests.web.test_live import refresh, report

__all__ = ["address", "chromium", "report"]

pytestmark = [pytest.mark.slow, pytest.mark.needs("chromium"), pytest.mark.usefixtures("users")]

RECORD_NOTIFICATIONS = """
window.shown = [];
window.Notification = class extends EventTarget {
  static permission = "default";
  static requestPermission = async () => (Notification.permission = "granted");
  constructor(title, options) { super(); shown.push(`${title}: ${options.body}`); }
};
"""
"""Chromium without a desktop shows no notifications, so the test replaces the browser's class."""


@pytest.fixture
def page(chromium: Chromium, address: str, web: Flask) -> Iterator[Page]:
    web.extensions["changes"] = SharedReads(seconds=0)
    context = chromium.new_context(base_url=address)
    context.add_init_script(RECORD_NOTIFICATIONS)
    yield context.new_page()
    context.close()


def set_hidden(page: Page, *, hidden: bool) -> None:
    page.evaluate(
        """(hidden) => {
            Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
            document.dispatchEvent(new Event("visibilitychange"));
        }""",
        hidden,
    )


def icon(page: Page) -> str:
    return page.locator("link[rel=icon]").get_attribute("href") or ""


def test_a_hidden_tab_counts_items_in_its_title_and_marks_its_icon(
    page: Page, report: Callable[[int], None]
) -> None:
    sign_in(page)
    refresh(page)
    set_hidden(page, hidden=True)
    report(1)
    report(2)
    refresh(page)
    expect(page).to_have_title("(2) Inbox · Automation Center")
    assert icon(page).endswith("favicon-unseen.svg")
    set_hidden(page, hidden=False)
    page.get_by_role("button", name="2 new: show").click()
    expect(page).to_have_title("Inbox · Automation Center")
    assert icon(page).endswith("favicon.svg")


def test_every_page_counts_and_forgets_when_it_is_looked_at(
    page: Page, report: Callable[[int], None]
) -> None:
    sign_in(page)
    page.goto("/automation/overview")
    refresh(page)
    set_hidden(page, hidden=True)
    report(1)
    refresh(page)
    expect(page).to_have_title("(1) Overview · Automation Center")
    set_hidden(page, hidden=False)
    expect(page).to_have_title("Overview · Automation Center")


def test_a_critical_item_is_shown_on_the_desktop_only_if_it_is_wanted(
    page: Page, report: Callable[[int], None]
) -> None:
    sign_in(page)
    refresh(page)
    set_hidden(page, hidden=True)
    report(1)
    refresh(page)
    expect(page).to_have_title("(1) Inbox · Automation Center")
    assert page.evaluate("shown") == []
    page.evaluate("localStorage.setItem('notify-critical', 'on')")
    page.evaluate("Notification.permission = 'granted'")
    report(2)
    refresh(page)
    expect(page).to_have_title("(2) Inbox · Automation Center")
    assert page.evaluate("shown") == ["Critical: Fraud reported by ••• 0002"]


def test_a_tab_that_comes_back_online_asks_at_once_and_keeps_what_was_typed(
    page: Page, report: Callable[[int], None]
) -> None:
    sign_in(page)
    refresh(page)
    page.get_by_label("Search").fill("half a wo")
    page.context.set_offline(True)
    refresh(page)
    expect(page.locator("#live-state")).to_contain_text("Offline since")
    report(1)
    page.context.set_offline(False)  # the browser tells the page itself
    expect(page.get_by_role("button", name="1 new: show")).to_be_visible()
    expect(page.get_by_label("Search")).to_have_value("half a wo")
