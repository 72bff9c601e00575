"""The pages in a real browser: signing in, seeing an item, working it, at two widths."""

import os
import shutil
import threading
from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, expect, sync_playwright
from werkzeug.serving import make_server

from tests.web.conftest import PASSWORD

WIDTHS = [1280, 390]
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)

pytestmark = [pytest.mark.slow, pytest.mark.needs("chromium"), pytest.mark.usefixtures("users")]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chromium]:
    if CHROMIUM is None:
        reason = "No chromium is installed; the pages are not looked at in a real browser."
        if os.environ.get("REQUIRE_ALL") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        options = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=options)
        yield browser
        browser.close()


@pytest.fixture
def address(web: Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, web, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(params=WIDTHS)
def page(request: pytest.FixtureRequest, chromium: Chromium, address: str) -> Iterator[Page]:
    context = chromium.new_context(
        base_url=address, viewport={"width": request.param, "height": 800}
    )
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert complaints == []


def sign_in(page: Page) -> None:
    page.goto("/")
    page.get_by_label("Username").fill("maria")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Inbox")).to_be_visible()


def assert_fits(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_an_admin_signs_in_sees_an_item_and_acknowledges_it(page: Page, item_id: int) -> None:
    sign_in(page)
    assert_fits(page)
    page.get_by_role("link", name="Fraud reported").click()
    expect(page).to_have_url(f"/automation/items/{item_id}")
    assert_fits(page)
    page.get_by_label("Note").fill("Calling the customer.")
    page.get_by_role("button", name="Acknowledge").click()
    expect(page.get_by_role("status")).to_contain_text(f"Item {item_id} is acknowledged.")
    expect(page.get_by_text("Calling the customer.")).to_be_visible()
    expect(page.get_by_role("button", name="Acknowledge")).to_have_count(0)
    expect(page.get_by_role("button", name="Resolve")).to_be_visible()
    assert_fits(page)


@pytest.mark.parametrize(
    "path",
    [
        "/automation",
        "/automation?status=all",
        "/automation/events",
        "/automation/events/1",
        "/automation/overview",
    ],
)
def test_a_page_fits_its_width_and_logs_no_error(page: Page, path: str, event_id: int) -> None:
    sign_in(page)
    page.goto(path)
    expect(page.get_by_role("heading", level=1)).to_have_count(1)
    assert_fits(page)
    assert event_id == 1


def test_an_item_that_comes_in_appears_by_itself(
    page: Page, request: pytest.FixtureRequest
) -> None:
    sign_in(page)
    expect(page.get_by_text("No items are open.")).to_be_visible()
    request.getfixturevalue("item_id")
    expect(page.get_by_role("link", name="Fraud reported")).to_be_visible(timeout=15_000)
    expect(page.get_by_role("status")).to_contain_text("One new item.")


def test_the_list_works_with_the_keyboard_only(page: Page, item_id: int) -> None:
    sign_in(page)
    page.get_by_role("link", name="Fraud reported").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text(f"Item {item_id} is acknowledged.")
