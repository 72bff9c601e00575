"""Open example items, and one report of fraud that comes by WhatsApp.

The items come from example events, which are recorded and dispatched like any others.
"""

import time
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select, text

from app.bootstrap import Container
from app.dispatch.dispatch import dispatch_due
from app.inbox.actions import Action
from app.inbox.apply_action import apply_action
from app.outbox.events import (
    DailyOperationalSummaryReady,
    Event,
    FraudCaseCreated,
    FraudCaseMessageAdded,
    OtpVerificationStuck,
    OutboundFailedMaxAttempts,
)
from app.outbox.models import AutomationEvent, EventStatus
from app.outbox.record import record_event
from devtools.drills.customer import Customer
from devtools.drills.target import DrillTarget

NUMBER = "+34600117731"

_AGE = """
UPDATE cc_admin_inbox_items SET created_at = moment, last_seen_at = moment
FROM (SELECT id AS event, now() - make_interval(mins => :minutes) AS moment
      FROM cc_automation_events WHERE dedupe_key = :key) AS its WHERE event_id = event
"""
_ITEM = """
SELECT item.id FROM cc_admin_inbox_items AS item
    JOIN cc_automation_events AS event ON event.id = item.event_id WHERE subject_ref = :subject
"""


def fill_inbox(container: Container) -> None:
    """Record and dispatch the example events, and give their items different ages."""
    events = _example_events()
    with container.sessions.begin() as session:
        for event in reversed(events):
            record_event(session, event)
    while _count_waiting(container):
        dispatch_due(container.dispatcher)
    with container.sessions.begin() as session:
        for place, event in enumerate(events):
            session.execute(text(_AGE), {"minutes": place**2 + place, "key": event.dedupe_key})


def report_fraud(target: DrillTarget, *, actor: str) -> tuple[int, int]:
    """Report fraud as a customer, acknowledge the item; return the ids of the case and the item."""
    customer = Customer(target, NUMBER)
    case_id = customer.open_case("I think there's fraud on my account. Two payments are not mine.")
    customer.write("480 EUR in a shop in Lyon, I was never there.")
    item_id = _await_item(target.container, case_id)
    with target.container.sessions.begin() as session:
        apply_action(session, item_id, Action.ACKNOWLEDGE, actor=actor, note="The card is blocked.")
    return case_id, item_id


def _await_item(container: Container, case_id: int) -> int:
    """Wait until the item of the case counts the message that the customer added."""
    query = f"{_ITEM} AND occurrences = 2"
    for _ in range(200):
        with container.sessions.begin() as session:
            item_id: int | None = session.scalar(text(query), {"subject": f"case:{case_id}"})
        if item_id is not None:
            return item_id
        time.sleep(0.1)
    raise TimeoutError(f"Case {case_id} has no inbox item.")


def _count_waiting(container: Container) -> int:
    """Return the number of due events. The stack's dispatcher sends events as well."""
    waits = AutomationEvent.status == EventStatus.PENDING
    with container.sessions.begin() as session:
        return session.scalar(select(func.count()).where(waits)) or 0


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
