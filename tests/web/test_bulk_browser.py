"""Acting on many in a real browser: how many clicks it takes, and what a script adds."""

from dataclasses import dataclass

import pytest
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import text

from app.bootstrap import Container
from app.bulk.run_jobs import run_bulk_jobs
from app.dispatch.dispatch import dispatch_due
from app.outbox.record import record_events
from tests.dispatch.conftest import a_fraud_case
from tests.inbox.conftest import AddItem, add_item
from tests.web.browser import address, assert_fits, chromium, page, sign_in

__all__ = ["add_item", "address", "chromium", "page"]

pytestmark = [pytest.mark.slow, pytest.mark.needs("chromium"), pytest.mark.usefixtures("users")]

ITEMS = 50
FAILURES = 40

FAIL_ALIKE = """
UPDATE cc_automation_events SET status = 'failed', attempts = 10, dead_at = now(),
    next_attempt_at = NULL, last_error = 'KeyError: ''masked_phone''',
    error_fingerprint = 'KeyError-1'
"""


@dataclass(slots=True)
class Hand:
    """Counts the clicks of a person."""

    clicks: int = 0

    def click(self, target: Locator) -> None:
        target.click()
        self.clicks += 1


def test_fifty_items_are_resolved_with_four_clicks_and_changed_back_with_one(
    page: Page, add_item: AddItem, container: Container
) -> None:
    for number in range(ITEMS):
        add_item(severity="error", title=f"Message {number} failed for good")
    sign_in(page)
    hand = Hand()

    hand.click(page.get_by_text("Act on many"))
    hand.click(page.get_by_label(f"All {ITEMS} on this page"))
    assert_fits(page)
    hand.click(page.get_by_role("button", name="Resolve…"))
    expect(page.get_by_role("heading", name=f"Resolve {ITEMS} items?")).to_be_visible()
    assert_fits(page)
    hand.click(page.get_by_role("button", name=f"Resolve {ITEMS} items"))
    expect(page.get_by_text(f"0 items are resolved, {ITEMS} to go.")).to_be_visible()
    run_bulk_jobs(container.sessions)
    expect(page.get_by_text(f"{ITEMS} items are resolved.")).to_be_visible()

    assert_fits(page)
    assert hand.clicks == 4
    hand.click(page.get_by_role("button", name="Undo all of it"))
    run_bulk_jobs(container.sessions)
    expect(page.get_by_text(f"{ITEMS} items are changed back.")).to_be_visible()


def test_forty_events_that_failed_alike_are_retried_with_four_clicks(
    page: Page, container: Container
) -> None:
    with container.sessions.begin() as session:
        record_events(session, [a_fraud_case(number) for number in range(FAILURES)])
        session.execute(text(FAIL_ALIKE))
    sign_in(page)
    hand = Hand()

    hand.click(page.get_by_role("link", name="Events", exact=True))
    hand.click(page.get_by_role("link", name="Failures by error"))
    expect(page.get_by_text("Events that failed with the same error")).to_be_visible()
    assert_fits(page)
    hand.click(page.get_by_role("button", name="Retry…"))
    expect(page.get_by_role("heading", name=f"Retry {FAILURES} events?")).to_be_visible()
    assert_fits(page)
    hand.click(page.get_by_role("button", name=f"Retry {FAILURES} events"))
    run_bulk_jobs(container.sessions)
    expect(page.get_by_text("One is retried first")).to_be_visible()
    assert dispatch_due(container.dispatcher).sent == 1
    _take_batches(container)

    expect(page.get_by_text(f"{FAILURES} events are retried.")).to_be_visible()
    assert dispatch_due(container.dispatcher).sent == FAILURES - 1
    assert hand.clicks == 4


TICK_BEFORE_SCRIPTS = """
document.addEventListener("readystatechange", () => document.querySelector("[name=ids]")?.click(),
                          { once: true });
"""


@pytest.mark.parametrize("page", [1280], indirect=True)
def test_a_ticked_box_opens_the_bar_and_shift_ticks_the_rows_between(
    page: Page, add_item: AddItem
) -> None:
    for _ in range(4):
        add_item()
    sign_in(page)
    boxes = page.get_by_role("checkbox")

    boxes.nth(0).click()
    expect(page.get_by_text("1 ticked")).to_be_visible()
    boxes.nth(2).click(modifiers=["Shift"])

    expect(page.get_by_text("3 ticked")).to_be_visible()
    page.get_by_role("button", name="Snooze…").click()
    expect(page.get_by_role("heading", name="Snooze 3 items?")).to_be_visible()


def test_a_box_that_is_ticked_before_the_script_is_loaded_counts(
    page: Page, add_item: AddItem
) -> None:
    add_item()
    sign_in(page)
    page.add_init_script(TICK_BEFORE_SCRIPTS)
    page.reload()
    expect(page.get_by_text("1 ticked")).to_be_visible()


def _take_batches(container: Container) -> None:
    """Take the batches of all jobs without waiting for their pauses."""
    for _ in range(3):
        with container.sessions.begin() as session:
            session.execute(text("UPDATE cc_bulk_jobs SET next_at = now() WHERE next_at > now()"))
        run_bulk_jobs(container.sessions)
