"""Creates the screenshot `docs/inbox.png`: `.venv/bin/python -m devtools.take_screenshot`.

It starts a local stack and needs Chromium. The inbox items come from example events, which are
recorded and dispatched like any others.
"""

import secrets
import shutil
import tempfile
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from playwright.sync_api import ViewportSize, sync_playwright
from sqlalchemy import func, select, text

from app.bootstrap import Container, build
from app.core.settings import Settings
from app.dispatch.dispatch import dispatch_due
from app.outbox.events import (
    DailyOperationalSummaryReady,
    Event,
    FraudCaseCreated,
    FraudCaseMessageAdded,
    OtpVerificationStuck,
    OutboundFailedMaxAttempts,
)
from app.outbox.models import AutomationEvent
from app.outbox.record import record_event
from devtools import ROOT
from devtools.stack.command_environment import environment_of_running_stack
from devtools.stack.running import running_stack

SCREENSHOT = ROOT / "docs" / "inbox.png"
SIZE = ViewportSize(width=1280, height=760)
USER = "maria"

AGE = "UPDATE cc_admin_inbox_items SET last_seen_at = now() - make_interval(mins => :minutes)"
AGE += " WHERE event_id = (SELECT id FROM cc_automation_events WHERE dedupe_key = :key)"


def main() -> None:
    """Start the stack, fill its inbox, and write the screenshot."""
    password = secrets.token_urlsafe(16)
    folder = Path(tempfile.mkdtemp(prefix="automation-picture-"))
    admin = {"AUTOMATION_ADMIN_USERNAME": USER, "AUTOMATION_ADMIN_PASSWORD": password}
    try:
        with running_stack(folder, environ=admin) as stack:
            settings = Settings.load(
                environment_of_running_stack({"AUTOMATION_DATA_DIR": str(folder)})
            )
            with closing(build(settings, process="picture")) as container:
                _fill(container)
            _take_screenshot(stack.web, password)
    finally:
        shutil.rmtree(folder)


def _fill(container: Container) -> None:
    events = _example_events()
    with container.sessions.begin() as session:
        for event in reversed(events):
            record_event(session, event)
    while _waiting(container):
        dispatch_due(container.dispatcher)
    with container.sessions.begin() as session:
        for place, event in enumerate(events):
            session.execute(text(AGE), {"minutes": place**2 + place, "key": event.dedupe_key})


def _waiting(container: Container) -> int:
    """Return the number of unsent events. The stack's dispatcher sends events as well."""
    with container.sessions.begin() as session:
        return session.scalar(select(func.count()).where(AutomationEvent.status != "sent")) or 0


def _example_events() -> list[Event]:
    """Return the example events, the newest first."""
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    return [
        FraudCaseCreated(
            case_id=1043,
            masked_phone="••• 2073",
            language="en",
            report="I think there's fraud on my account. Two payments that I did not make.",
        ),
        OutboundFailedMaxAttempts(
            job_id=5127,
            masked_phone="••• 1042",
            attempts=5,
            reason="The number is not on WhatsApp.",
        ),
        FraudCaseCreated(
            case_id=1042,
            masked_phone="••• 8766",
            language="es",
            report="Creo que hay un fraude en mi cuenta: tres cargos de una tienda.",
        ),
        OtpVerificationStuck(
            job_id=311, masked_phone="••• 4334", waiting_minutes=47, last_message_id=5101
        ),
        FraudCaseCreated(
            case_id=1041, masked_phone="••• 6410", language="en", report="Someone used my card."
        ),
        DailyOperationalSummaryReady(
            business_date=yesterday,
            headline="14 cases opened, 16 verifications started, 3 messages failed.",
        ),
        FraudCaseMessageAdded(
            case_id=1041, message_id=9, masked_phone="••• 6410", text="The shop is in Lyon."
        ),
    ]


def _take_screenshot(web: str, password: str) -> None:
    with sync_playwright() as playwright:
        chromium = shutil.which("chromium") or shutil.which("chromium-browser")
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(base_url=web, viewport=SIZE)
        page.goto("/automation")
        page.get_by_label("Username").fill(USER)
        page.get_by_label("Password").fill(password)
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("heading", name="Inbox").wait_for()
        page.screenshot(path=SCREENSHOT)
        browser.close()


if __name__ == "__main__":
    main()
