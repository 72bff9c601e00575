"""An open page stays up to date, moves nothing by itself, and loses nothing that was typed."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from app.bootstrap import Container
from app.dispatch.dispatch import dispatch_due
from app.inbox.actions import Action
from app.inbox.apply_action import apply_action
from app.outbox.events import FraudCaseCreated
from app.outbox.record import record_event
from tests.web.browser import address, chromium, enter_credentials, page, sign_in

__all__ = ["address", "chromium", "page"]

pytestmark = [pytest.mark.slow, pytest.mark.needs("chromium"), pytest.mark.usefixtures("users")]


@pytest.fixture
def report(container: Container) -> Callable[[int], None]:
    """A function that brings a fraud case into the inbox."""

    def bring(case_id: int) -> None:
        event = FraudCaseCreated(
            case_id=case_id, masked_phone=f"••• {case_id:04}", language="en", report="Fraud!"
        )
        with container.sessions.begin() as session:
            record_event(session, event)
        dispatch_due(container.dispatcher)

    return bring


def refresh(page: Page) -> None:
    """Let the page ask for changes now. It also does so by itself."""
    await_first_answer(page)
    page.evaluate("dispatchEvent(new Event('online'))")


def await_first_answer(page: Page) -> None:
    expect(page.locator("#live-state")).not_to_be_empty()


def end_session(page: Page) -> None:
    """Forget the cookie, after the last response that would set it again."""
    page.wait_for_load_state("networkidle")
    page.context.clear_cookies()


def titles(page: Page) -> list[str]:
    return page.locator("[data-item] h2 a").all_inner_texts()


def test_a_new_item_is_announced_and_moves_no_row(
    page: Page, report: Callable[[int], None]
) -> None:
    report(1)
    sign_in(page)
    await_first_answer(page)
    before = titles(page)
    report(2)
    refresh(page)
    bar = page.get_by_role("button", name="1 new: show")
    expect(bar).to_be_visible()
    expect(page).to_have_title("(1) Inbox · Automation Center")
    assert titles(page) == before
    bar.click()
    expect(bar).to_be_hidden()
    assert len(titles(page)) == 2
    expect(page).to_have_title("Inbox · Automation Center")


def test_the_page_refreshes_by_itself(page: Page, report: Callable[[int], None]) -> None:
    sign_in(page)
    report(1)
    expect(page.get_by_role("button", name="1 new: show")).to_be_visible(timeout=20_000)


def test_counts_are_up_to_date_and_a_filter_that_is_being_typed_stays(
    page: Page, report: Callable[[int], None]
) -> None:
    sign_in(page)
    page.get_by_label("Search").fill("half a wo")
    report(1)
    refresh(page)
    expect(page.locator("[data-live=strip]")).to_contain_text("Critical 1")
    expect(page.get_by_label("Search")).to_have_value("half a wo")


def test_a_network_that_is_away_is_said_and_what_came_meanwhile_is_shown(
    page: Page, report: Callable[[int], None]
) -> None:
    sign_in(page)
    state = page.locator("#live-state")
    expect(state).to_contain_text("Updated")
    page.route("**/automation**", lambda route: route.abort())
    refresh(page)
    expect(state).to_contain_text("Offline since")
    page.unroute("**/automation**")
    report(1)
    refresh(page)
    expect(state).to_contain_text("Updated")
    expect(page.get_by_role("button", name="1 new: show")).to_be_visible()


def test_a_session_that_has_ended_is_said(page: Page) -> None:
    sign_in(page)
    end_session(page)
    refresh(page)
    expect(page.locator("#live-state")).to_contain_text("You are signed out")


def test_an_action_can_be_undone_from_the_list(page: Page, item_id: int) -> None:
    sign_in(page)
    page.get_by_role("button", name=f"Acknowledge item {item_id}").click()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("status")).to_contain_text(f"Item {item_id} is open again.")
    expect(page.get_by_role("button", name=f"Acknowledge item {item_id}")).to_be_visible()


def test_undo_is_offered_for_half_a_minute(page: Page, item_id: int) -> None:
    page.clock.install()
    sign_in(page)
    page.get_by_role("button", name=f"Acknowledge item {item_id}").click()
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    page.wait_for_load_state()
    page.clock.fast_forward(int(timedelta(seconds=31).total_seconds() * 1000))
    expect(page.get_by_role("button", name="Undo")).to_be_hidden()


def test_a_note_outlives_a_conflict(page: Page, item_id: int, container: Container) -> None:
    sign_in(page)
    page.goto(f"/automation/items/{item_id}")
    with container.sessions.begin() as session:
        apply_action(session, item_id, Action.RESOLVE, actor="jonas")
    page.get_by_label("Note").fill("They called back.")
    page.get_by_role("button", name="Acknowledge", exact=True).click()
    expect(page.get_by_role("status").first).to_contain_text("was resolved by jonas")
    expect(page.get_by_label("Note")).to_have_value("They called back.")


def test_a_note_outlives_the_login(page: Page, item_id: int) -> None:
    sign_in(page)
    page.goto(f"/automation/items/{item_id}")
    page.get_by_label("Note").fill("They called back.")
    end_session(page)
    page.get_by_role("button", name="Resolve").click()
    enter_credentials(page)
    expect(page).to_have_url(f"/automation/items/{item_id}")
    expect(page.get_by_label("Note")).to_have_value("They called back.")
    page.get_by_role("button", name="Save only the note").click()
    expect(page.get_by_text("They called back.").first).to_be_visible()
    expect(page.get_by_label("Note")).to_have_value("")


def test_an_item_is_handed_over(page: Page, item_id: int) -> None:
    sign_in(page)
    page.goto(f"/automation/items/{item_id}")
    page.get_by_text("Assign", exact=True).click()
    page.get_by_label("To", exact=True).select_option("maria")
    page.get_by_role("button", name="Assign the item").click()
    expect(page.get_by_role("status")).to_contain_text(f"Item {item_id} is with maria.")
    expect(page.locator(".history")).to_contain_text("maria took it")


def test_the_ages_of_items_go_on(page: Page, report: Callable[[int], None]) -> None:
    """The server of the tests sends the header Date twice, as some proxies do."""
    report(1)
    page.clock.install()
    sign_in(page)
    await_first_answer(page)
    page.clock.fast_forward(70_000)
    expect(page.locator("time[data-ago]").first).to_have_text("1 min ago")
