"""A real browser on the pages, at two widths; whatever it complains about fails the test."""

import os
import threading
from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, expect, sync_playwright
from werkzeug.serving import make_server

from devtools.chromium import find_chromium
from tests.web.conftest import PASSWORD, csrf_token

WIDTHS = [1280, 390]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chromium]:
    program = find_chromium()
    if program is None:
        reason = "No chromium is installed; the pages are not looked at in a real browser."
        if os.environ.get("REQUIRE_ALL") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        options = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=program, args=options)
        yield browser
        browser.close()


@pytest.fixture
def address(web: Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, web, threaded=True)
    server.daemon_threads = False  # type: ignore[attr-defined]  # closing waits for open requests
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
    page.on("console", lambda message: _note(message.text, complaints))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert complaints == [], complaints


def sign_in(page: Page) -> None:
    """Sign in without the page of the login, and open the inbox."""
    token = csrf_token(page.request.get("/login").text())
    form: dict[str, str | float | bool] = {
        "csrf_token": token,
        "username": "maria",
        "password": PASSWORD,
    }
    page.request.post("/login", form=form, max_redirects=0)
    page.goto("/")
    expect(page.get_by_role("heading", name="Inbox")).to_be_visible()


def enter_credentials(page: Page) -> None:
    page.get_by_label("Username").fill("maria")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def assert_fits(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


_EXPECTED = (
    *("net::ERR_FAILED", "409 (CONFLICT)"),  # a test made the request fail or conflict
    "Autofocus processing was blocked",  # a test typed before the page of the login was complete
)


def _note(message: str, complaints: list[str]) -> None:
    """Keep a message of the console, unless a test has caused it."""
    if not any(words in message for words in _EXPECTED):
        complaints.append(message)
