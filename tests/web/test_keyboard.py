"""The keys of the pages in a real browser: each act, the focus after it, and the help sheet."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from app.bootstrap import Container
from app.core.database import Sessions
from app.inbox.actions import Action
from app.inbox.apply_action import apply_action
from app.inbox.models import InboxItem
from app.web.pages.keyboard import KEYS
from tests.web.browser import address, assert_fits, chromium, page, sign_in

__all__ = ["address", "chromium", "page"]

pytestmark = [pytest.mark.slow, pytest.mark.needs("chromium"), pytest.mark.usefixtures("users")]

wide = pytest.mark.parametrize("page", [1280], indirect=True)


@pytest.fixture
def items(sessions: Sessions) -> list[int]:
    """Five open items, in the order of the list."""
    with sessions.begin() as session:
        rows = [
            InboxItem(
                type="fraud_case_created",
                severity="critical",
                title=f"Fraud reported, number {number}",
                body="“Help.”",
                dedupe_key=f"test:{number}",
            )
            for number in range(5)
        ]
        for row in rows:  # one by one, so that the first has waited longest
            session.add(row)
            session.flush()
        return [row.id for row in rows]


def row(page: Page, item_id: int) -> Locator:
    return page.locator(f'[data-item="{item_id}"]')


def expect_focus_in(page: Page, item_id: int) -> None:
    expect(row(page, item_id).locator("a").first).to_be_focused()


def press(page: Page, *keys: str) -> None:
    """Press keys once the script of the page listens, which is when it shows its button."""
    expect(page.locator("#keyboard-open")).to_be_visible()
    for key in keys:
        page.keyboard.press(key)


@wide
def test_the_list_is_worked_by_keyboard_and_the_focus_goes_to_the_next_row(
    page: Page, items: list[int]
) -> None:
    first, second, third, fourth, fifth = items
    status = page.get_by_role("status")
    sign_in(page)

    press(page, "a")
    expect(page.locator("#keyboard-status")).to_contain_text("Choose a row")
    press(page, "j", "j", "j", "k")
    expect_focus_in(page, second)

    press(page, "r")
    expect(status.filter(has_text=f"Item {second} is resolved.")).to_be_visible()
    expect_focus_in(page, third)

    press(page, "a")
    expect(status.filter(has_text=f"Item {third} is acknowledged.")).to_be_visible()
    expect_focus_in(page, fourth)

    press(page, "d")
    dialog = page.get_by_role("dialog", name=f"Dismiss item {fourth}")
    expect(dialog.get_by_label("Reason")).to_be_focused()
    press(page, "Escape")
    expect(dialog).to_be_hidden()
    expect_focus_in(page, fourth)
    press(page, "d")
    dialog.get_by_label("Reason").select_option("duplicate")
    dialog.get_by_label("What you found out").fill("jkxoards")
    dialog.get_by_role("button", name="Dismiss").click()
    expect(status.filter(has_text=f"Item {fourth} is dismissed.")).to_be_visible()
    expect_focus_in(page, fifth)

    press(page, "s", "Tab", "Tab", "Tab", "Tab")
    page.get_by_role("button", name="Snooze the item").click()
    expect(status.filter(has_text=f"Item {fifth} is snoozed until it comes up")).to_be_visible()
    expect_focus_in(page, first)

    press(page, "u")
    expect(status.filter(has_text=f"Item {fifth} is open again.")).to_be_visible()

    press(page, "j", "n")
    page.get_by_role("dialog", name=f"Note on item {first}").get_by_label("Note").fill("Called.")
    page.get_by_role("button", name="Save the note").click()
    expect(status.filter(has_text="The note is saved.")).to_be_visible()
    press(page, "k", "k", "o")
    expect(page).to_have_url(re.compile(rf"/automation/items/{first}"))
    expect(page.locator(".history")).to_contain_text("Called.")


@wide
def test_an_item_is_worked_by_keyboard_on_its_page(page: Page, items: list[int]) -> None:
    item_id = items[0]
    status = page.get_by_role("status")
    sign_in(page)
    page.goto(f"/automation/items/{item_id}")
    press(page, "n")
    expect(page.get_by_label("Note")).to_be_focused()
    page.keyboard.type("a j d r")
    page.locator("h1").click()
    press(page, "a")
    expect(status.filter(has_text=f"Item {item_id} is acknowledged.")).to_be_visible()
    expect(page.locator(".history")).to_contain_text("a j d r")
    press(page, "a")
    expect(page.locator("#keyboard-status")).to_contain_text("does not apply to item")
    press(page, "d")
    expect(page.get_by_label("Reason")).to_be_focused()
    press(page, "F", "Enter")
    page.get_by_role("button", name="Dismiss the item").click()
    expect(status.filter(has_text=f"Item {item_id} is dismissed.")).to_be_visible()
    press(page, "u")
    expect(status.filter(has_text=f"Item {item_id} is acknowledged again.")).to_be_visible()
    press(page, "s")
    expect(page.get_by_role("button", name="Snooze the item")).to_be_visible()
    page.locator("h1").click()
    press(page, "j")
    expect(page).to_have_url(f"/automation/items/{items[1]}")


@wide
def test_g_and_a_letter_opens_a_page_and_a_key_with_ctrl_does_nothing(
    page: Page, items: list[int]
) -> None:
    sign_in(page)
    for key in (key for group in KEYS.values() for key in group if key.command == "go"):
        press(page, *key.keys.split())
        expect(page.get_by_role("heading", level=1)).to_have_count(1)
        expect(page.locator("nav [aria-current=page]").first).to_have_text(key.words)
    press(page, "g", "i")
    expect(page).to_have_url("/automation")
    press(page, "j")
    expect_focus_in(page, items[0])
    press(page, "Control+r")
    expect(row(page, items[0])).to_be_visible()
    press(page, "/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("gojar?")
    expect(page.get_by_role("searchbox")).to_have_value("gojar?")


def test_the_sheet_lists_the_keys_and_turns_them_off(page: Page, items: list[int]) -> None:
    sign_in(page)
    press(page, "?")
    sheet = page.get_by_role("dialog", name="Keyboard")
    for key in (key for group in KEYS.values() for key in group):
        expect(sheet.get_by_text(key.words, exact=True)).to_be_visible()
    assert_fits(page)
    press(page, "j", "?")
    expect(sheet).to_be_hidden()
    press(page, "?")
    sheet.get_by_role("checkbox").uncheck()
    press(page, "Escape")
    page.reload()
    press(page, "j")
    expect(row(page, items[0]).locator("a").first).not_to_be_focused()


@wide
def test_of_two_browsers_the_second_is_told_who_was_first(
    page: Page, items: list[int], container: Container
) -> None:
    sign_in(page)
    press(page, "j")
    with container.sessions.begin() as session:
        apply_action(session, items[0], Action.RESOLVE, actor="jonas")
    press(page, "a")
    expect(page.get_by_role("status").first).to_contain_text("was resolved by jonas")
    expect_focus_in(page, items[1])
