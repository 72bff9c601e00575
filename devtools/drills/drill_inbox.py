"""Drill 4, the inbox: its items, the actions of admins, and the filters."""

from devtools.drills.check_recorder import CheckRecorder
from devtools.drills.customer import Customer
from devtools.drills.evidence import Row
from devtools.drills.failing_work import DELIVERY_SECONDS, outbound_timeout, submit_failing_job

ITEM_OF = """
    SELECT item.id, item.type, item.severity, item.status, item.link_ref
    FROM cc_admin_inbox_items AS item JOIN cc_automation_events AS event ON event.id = item.event_id
    WHERE event.subject_ref = :subject
"""
HISTORY = """
    SELECT actor, action, from_status, to_status, note
    FROM cc_admin_inbox_activity WHERE item_id = :item ORDER BY id
"""
CLOSED = (
    "SELECT status, closed_at IS NOT NULL AS has_time FROM cc_admin_inbox_items WHERE id = :item"
)
LIST = "/api/automation/inbox"


def run(recorder: CheckRecorder) -> None:
    """Create two items through their producers, change their status, and filter for them."""
    job = submit_failing_job(recorder)
    fraud = _item(
        recorder, f"case:{Customer(recorder.target).open_case()}", "critical", DELIVERY_SECONDS
    )
    failed = _item(recorder, f"outbound:{job}", "error", outbound_timeout(recorder.target.settings))
    _resolve(recorder, int(fraud[0]))
    _dismiss(recorder, int(failed[0]))
    _filter(recorder, fraud, status="resolved")
    _filter(recorder, failed, status="dismissed")
    recorder.check_answer(
        "A filter by an unknown severity is refused", "GET", f"{LIST}?severity=loud", status=422
    )


def _item(recorder: CheckRecorder, subject: str, severity: str, within: float) -> Row:
    rows = recorder.check_rows(
        f"There is one open item for {subject}",
        ITEM_OF,
        lambda rows: [row[2:4] for row in rows] == [(severity, "open")],
        within=within,
        required=True,
        subject=subject,
    )
    recorder.check_answer("The page that the item links to answers 200", "GET", rows[0][4])
    recorder.check_answer("The API returns the item", "GET", f"{LIST}/{rows[0][0]}", show=_main)
    return rows[0]


def _resolve(recorder: CheckRecorder, item: int) -> None:
    for action, status in (("acknowledge", "acknowledged"), ("resolve", "resolved")):
        recorder.check_answer(
            f"An admin can {action} the item",
            "POST",
            f"{LIST}/{item}/{action}",
            body={"note": "A drill."},
            condition=lambda found, expected=status: found["status"] == expected,  # type: ignore[misc]
            show=_main,
        )
    recorder.check_answer(
        "A resolved item can't be acknowledged; the answer names the admin who resolved it",
        "POST",
        f"{LIST}/{item}/acknowledge",
        status=409,
    )
    recorder.check_rows(
        "The history has each action and its author",
        HISTORY,
        [
            ("local admin", "acknowledge", "open", "acknowledged", "A drill."),
            ("local admin", "resolve", "acknowledged", "resolved", "A drill."),
        ],
        item=item,
    )


def _dismiss(recorder: CheckRecorder, item: int) -> None:
    path = f"{LIST}/{item}/dismiss"
    recorder.check_answer("An admin can dismiss the other item", "POST", path, body={}, show=_main)
    recorder.check_rows(
        "The item is dismissed and has a time of closing", CLOSED, [("dismissed", True)], item=item
    )


def _filter(recorder: CheckRecorder, item: Row, *, status: str) -> None:
    number, kind, severity = item[:3]
    for name, value in (("status", status), ("severity", severity), ("type", kind)):
        _find(recorder, f"{name}={value}", number, {name: value})
    _find(
        recorder,
        f"status={status}&severity={severity}&type={kind}",
        number,
        {"status": status, "severity": severity, "type": kind},
    )


def _find(recorder: CheckRecorder, query: str, number: int, expected: dict[str, str]) -> None:
    recorder.check_answer(
        f"The filter {query} returns the item, and only items that match",
        "GET",
        f"{LIST}?{query}",
        condition=lambda page: (
            any(item["id"] == number for item in page["items"])
            and all(
                item[name] == value for item in page["items"] for name, value in expected.items()
            )
        ),
        show=lambda page: [(i["id"], i["status"], i["severity"]) for i in page["items"]][:4],
    )


def _main(item: dict[str, object]) -> dict[str, object]:
    """Return the fields of an item that the drill checks."""
    return {name: item[name] for name in ("id", "status", "title")}
