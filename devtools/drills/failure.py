"""Failure drill: every dispatch fails, the core flow goes on, and a retry mends it."""

from devtools.drills.book import Book
from devtools.drills.customer import Customer
from devtools.drills.drill_a import ITEM
from devtools.drills.scenes import PROMPT_SECONDS

EVENT = """
    SELECT id, status, attempts, next_attempt_at IS NOT NULL AS to_be_retried, last_error
    FROM cc_automation_events WHERE subject_ref = :subject
"""
AFTER = """
    SELECT id, status, attempts, budget, sent_at IS NOT NULL AS has_time
    FROM cc_automation_events WHERE subject_ref = :subject
"""
FAILED_HERE = """
    SELECT id FROM cc_automation_events
    WHERE status = 'failed' AND last_error LIKE '%' || :switch || '%'
"""
UNSENT = """
    SELECT count(*) AS unsent FROM cc_automation_events
    WHERE id = ANY(:events) AND status <> 'sent'
"""
ACTS = """
    SELECT actor, action, from_status, to_status FROM cc_automation_event_activity
    WHERE event_id = :event
"""
SWITCH = "AUTOMATION_DISPATCHER_FORCE_FAIL"
LONG_WAIT = {"AUTOMATION_RETRY_BASE_SECONDS": "300", "AUTOMATION_RETRY_CAP_SECONDS": "3600"}
"""Between two tries, so that the retry by hand is what mends it and no other."""


def play(book: Book) -> None:
    """Put a dispatcher that always fails in the place of the stack's own, then take it away."""
    with (
        book.stage.held("dispatcher"),
        book.stage.another(
            "dispatcher", log="failing-dispatcher.log", **{SWITCH: "1"}, **LONG_WAIT
        ),
    ):
        case = Customer(book.stage).open_case()
        subject = f"case:{case}"
        event = _fail(book, case, subject)
        other = _fail_another(book)
    _mend(book, event, subject)
    _retry_others(book, other)


def _fail(book: Book, case: int, subject: str) -> int:
    book.rows(
        f"With {SWITCH}=1 the customer still gets code and case",
        "SELECT id, status FROM cc_fraud_cases WHERE id = :case",
        [(case, "open")],
        case=case,
    )
    rows = book.rows(
        "The event has failed, says why, and will be tried again",
        EVENT,
        lambda rows: [row[1:4] for row in rows] == [("failed", 1, True)] and SWITCH in rows[0][4],
        within=PROMPT_SECONDS * 2,
        must=True,
        subject=subject,
    )
    event = int(rows[0][0])
    book.answer(
        "Admins see it among the failed events",
        "GET",
        "/api/automation/events?status=failed",
        holds=lambda page: any(each["id"] == event for each in page["items"]),
        show=lambda page: [(e["id"], e["status"], e["last_error"]) for e in page["items"]][:2],
    )
    book.rows("There is no item", ITEM, [], subject=subject)
    return event


def _fail_another(book: Book) -> int:
    """Let an event of another customer fail, as one of beat's may that falls into the drill."""
    subject = f"case:{Customer(book.stage).open_case()}"
    rows = book.rows(
        "An event that has nothing to do with the drill fails as well",
        EVENT,
        lambda rows: [row[1:4] for row in rows] == [("failed", 1, True)],
        within=PROMPT_SECONDS * 2,
        must=True,
        subject=subject,
    )
    return int(rows[0][0])


def _retry_others(book: Book, other: int) -> None:
    """Retry what else the failing dispatcher took; it would wait for minutes otherwise."""
    failed = [int(row[0]) for row in book.read(FAILED_HERE, switch=SWITCH)]
    for event in failed:
        book.call("POST", f"/api/automation/events/{event}/retry")
    book.rows(
        "Every other event that failed in this drill is retried and sent",
        UNSENT,
        lambda rows: other in failed and rows == [(0,)],
        within=PROMPT_SECONDS,
        events=failed,
    )


def _mend(book: Book, event: int, subject: str) -> None:
    path = f"/api/automation/events/{event}/retry"
    book.answer(
        f"Without {SWITCH}, an admin retries the event", "POST", path, status=202, show=_main
    )
    book.rows(
        "It is sent, in a new series of attempts",
        AFTER,
        [(event, "sent", 0, 2, True)],
        within=PROMPT_SECONDS,
        subject=subject,
    )
    book.rows(
        "The item has appeared",
        ITEM,
        lambda rows: [row[1:3] for row in rows] == [("critical", "open")],
        subject=subject,
    )
    acts = [("local admin", "retry", "failed", "pending")]
    book.rows("The retry is kept with its author", ACTS, acts, event=event)
    book.answer("A second retry is refused: it is sent", "POST", path, status=409)


def _main(event: dict[str, object]) -> dict[str, object]:
    """Return the members of an event that the drill is about."""
    return {name: event[name] for name in ("id", "status", "attempts", "budget", "changed")}
