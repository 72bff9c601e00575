"""Drill A: a fraud report by WhatsApp becomes a case and an inbox item."""

from devtools.drills.check_recorder import CheckRecorder
from devtools.drills.customer import REPORT, Customer

EVENT = """
    SELECT id, event_type, status, attempts
    FROM cc_automation_events WHERE subject_ref = :subject
"""
ITEM = """
    SELECT item.id, item.severity, item.status, item.link_ref
    FROM cc_admin_inbox_items AS item JOIN cc_automation_events AS event ON event.id = item.event_id
    WHERE event.subject_ref = :subject
"""
SPEED = """
    SELECT event.id, item.created_at - event.created_at AS waited,
           item.created_at - event.created_at < interval '1 second' AS within_a_second
    FROM cc_admin_inbox_items AS item JOIN cc_automation_events AS event ON event.id = item.event_id
    WHERE event.subject_ref = :subject
"""


def run(recorder: CheckRecorder) -> None:
    """Report twice: with a paused dispatcher, to see `pending`, and with a running one."""
    _run_with_paused_dispatcher(recorder)
    _measure_latency(recorder)


def _run_with_paused_dispatcher(recorder: CheckRecorder) -> None:
    customer = Customer(recorder.target)
    with recorder.target.paused("dispatcher"):
        case = customer.open_case()
        _show_phone(recorder, customer)
        subject = f"case:{case}"
        recorder.check_rows(
            "The case is committed with its event, which is pending while the dispatcher is paused",
            EVENT,
            lambda rows: [row[1:] for row in rows] == [("fraud_case_created", "pending", 0)],
            subject=subject,
        )
        recorder.check_rows("The event has no item yet", ITEM, [], subject=subject)
    recorder.check_rows(
        "After the dispatcher resumes, the event is sent",
        EVENT,
        lambda rows: [row[1:] for row in rows] == [("fraud_case_created", "sent", 0)],
        within=15,
        subject=subject,
    )
    link = f"/automation/cases/{case}"
    rows = recorder.check_rows(
        "The inbox has one open, critical item with a link to the case",
        ITEM,
        lambda rows: [row[1:] for row in rows] == [("critical", "open", link)],
        subject=subject,
    )
    recorder.check_answer("The page that the item links to answers 200", "GET", link)
    recorder.check_answer("The inbox page answers 200", "GET", "/automation")
    for item, *_ in rows:
        recorder.check_answer("The item's own page answers 200", "GET", f"/automation/items/{item}")


def _show_phone(recorder: CheckRecorder, customer: Customer) -> None:
    """Record the conversation on the phone, without the code."""
    messages = customer.messages()
    shown = [(each["author"], _hide(each["text"], customer), each["status"]) for each in messages]
    authors = [each["author"] for each in messages]
    recorder.record(
        "The customer reports fraud, receives a code, sends it back, and receives a case number",
        passed=authors == ["customer", "business"] * 2 and messages[0]["text"] == REPORT,
        source=f"GET sandbox /api/conversations/{customer.masked}",
        columns=("who", "text", "status"),
        rows=shown,
    )


def _hide(words: str, customer: Customer) -> str:
    for code in customer.target.seen.codes:
        words = words.replace(code, "······")
    return words.partition("\n")[0]


def _measure_latency(recorder: CheckRecorder) -> None:
    case = Customer(recorder.target).open_case()
    recorder.check_rows(
        "With a running dispatcher, the item is created within a second of its event",
        SPEED,
        lambda rows: [row[2] for row in rows] == [True],
        within=5,
        subject=f"case:{case}",
    )
