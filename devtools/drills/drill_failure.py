"""Failure drill: every dispatch fails, fraud intake still works, and an admin's retry succeeds."""

from devtools.drills.check_recorder import CheckRecorder
from devtools.drills.customer import Customer
from devtools.drills.drill_fraud_case import ITEM
from devtools.drills.failing_work import DELIVERY_SECONDS

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
HISTORY = """
    SELECT actor, action, from_status, to_status FROM cc_automation_event_activity
    WHERE event_id = :event
"""
SWITCH = "AUTOMATION_DISPATCHER_FORCE_FAIL"
LONG_WAIT = {"AUTOMATION_RETRY_BASE_SECONDS": "300", "AUTOMATION_RETRY_CAP_SECONDS": "3600"}
"""A long backoff, so that only the retry by an admin makes the event due."""


def run(recorder: CheckRecorder) -> None:
    """Replace the dispatcher with one that always fails, then resume it and retry the events."""
    with (
        recorder.target.paused("dispatcher"),
        recorder.target.extra_process(
            "dispatcher", log="failing-dispatcher.log", **{SWITCH: "1"}, **LONG_WAIT
        ),
    ):
        case = Customer(recorder.target).open_case()
        subject = f"case:{case}"
        event = _fail(recorder, case, subject)
        other = _fail_event_of_another_customer(recorder)
    _retry(recorder, event, subject)
    _retry_others(recorder, other)


def _fail(recorder: CheckRecorder, case: int, subject: str) -> int:
    recorder.check_rows(
        f"With {SWITCH}=1 the customer still receives a code and gets a case",
        "SELECT id, status FROM cc_fraud_cases WHERE id = :case",
        [(case, "open")],
        case=case,
    )
    rows = recorder.check_rows(
        "The event has failed, has the error, and has a time for its next attempt",
        EVENT,
        lambda rows: [row[1:4] for row in rows] == [("failed", 1, True)] and SWITCH in rows[0][4],
        within=DELIVERY_SECONDS * 2,
        required=True,
        subject=subject,
    )
    event = int(rows[0][0])
    recorder.check_answer(
        "The API lists the event among the failed events",
        "GET",
        "/api/automation/events?status=failed",
        condition=lambda page: any(each["id"] == event for each in page["items"]),
        show=lambda page: [(e["id"], e["status"], e["last_error"]) for e in page["items"]][:2],
    )
    recorder.check_rows("The event has no item", ITEM, [], subject=subject)
    return event


def _fail_event_of_another_customer(recorder: CheckRecorder) -> int:
    """Let an event of another customer fail, as events that beat causes may during the drill."""
    subject = f"case:{Customer(recorder.target).open_case()}"
    rows = recorder.check_rows(
        "The event of another customer fails as well",
        EVENT,
        lambda rows: [row[1:4] for row in rows] == [("failed", 1, True)],
        within=DELIVERY_SECONDS * 2,
        required=True,
        subject=subject,
    )
    return int(rows[0][0])


def _retry_others(recorder: CheckRecorder, other: int) -> None:
    """Retry all other events that failed here, because their backoff takes minutes."""
    failed = [int(row[0]) for row in recorder.read(FAILED_HERE, switch=SWITCH)]
    for event in failed:
        recorder.request("POST", f"/api/automation/events/{event}/retry")
    recorder.check_rows(
        "Every other event that failed during this drill is retried and sent",
        UNSENT,
        lambda rows: other in failed and rows == [(0,)],
        within=DELIVERY_SECONDS,
        events=failed,
    )


def _retry(recorder: CheckRecorder, event: int, subject: str) -> None:
    path = f"/api/automation/events/{event}/retry"
    recorder.check_answer(
        f"Without {SWITCH}, an admin can retry the event", "POST", path, status=202, show=_main
    )
    recorder.check_rows(
        "The event is sent, in a new series of attempts",
        AFTER,
        [(event, "sent", 0, 2, True)],
        within=DELIVERY_SECONDS,
        subject=subject,
    )
    recorder.check_rows(
        "The item of the event is open in the inbox",
        ITEM,
        lambda rows: [row[1:3] for row in rows] == [("critical", "open")],
        subject=subject,
    )
    expected = [("local admin", "retry", "failed", "pending")]
    recorder.check_rows("The history has the retry and its author", HISTORY, expected, event=event)
    recorder.check_answer("A retry of the sent event is refused", "POST", path, status=409)


def _main(event: dict[str, object]) -> dict[str, object]:
    """Return the fields of an event that the drill checks."""
    return {name: event[name] for name in ("id", "status", "attempts", "budget", "changed")}
