"""Takes the pictures in `docs/pictures`: `make pictures`. It needs Chromium.

It starts a local stack, fills it with example data, and takes each page in both themes.
"""

import secrets
import shutil
import tempfile
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from playwright.sync_api import Browser, ViewportSize, sync_playwright

from devtools import ROOT
from devtools.chromium import find_chromium
from devtools.drills.target import DrillTarget
from devtools.pictures.example_inbox import fill_inbox, report_fraud
from devtools.pictures.example_month import fill_month
from devtools.stack.running import running_stack

FOLDER = ROOT / "docs" / "pictures"
SIZE = ViewportSize(width=1280, height=800)
USER = "maria"


def main() -> None:
    """Start the stack, fill it, and write the pictures."""
    password = secrets.token_urlsafe(16)
    folder = Path(tempfile.mkdtemp(prefix="automation-pictures-"))
    admin = {"AUTOMATION_ADMIN_USERNAME": USER, "AUTOMATION_ADMIN_PASSWORD": password}
    try:
        with (
            running_stack(folder, environ=admin) as stack,
            closing(DrillTarget(stack, is_own=True)) as target,
        ):
            fill_month(target.container)
            fill_inbox(target.container)
            case_id, item_id = report_fraud(target, actor=USER)
            pages = {
                "inbox": "/automation",
                "item": f"/automation/items/{item_id}",
                "case": f"/automation/cases/{case_id}",
                "trends": "/automation/trends?window=14d",
            }
            _take(stack.web, password, pages)
    finally:
        shutil.rmtree(folder)


def _take(web: str, password: str, pages: Mapping[str, str]) -> None:
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox"])
        for theme in ("light", "dark"):
            _take_theme(browser, web, password, pages, theme)
        browser.close()


def _take_theme(
    browser: Browser, web: str, password: str, pages: Mapping[str, str], theme: str
) -> None:
    context = browser.new_context(base_url=web, viewport=SIZE)
    page = context.new_page()
    page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    page.goto("/automation")
    page.get_by_label("Username").fill(USER)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", name="Inbox").wait_for()
    for name, path in pages.items():
        page.goto(path)
        page.screenshot(path=FOLDER / f"{name}-{theme}.png")
    context.close()


if __name__ == "__main__":
    main()
