"""The inbox: what it holds, what people do to it, and what its filters find."""

from devtools.drills.book import Book
from devtools.drills.customer import Customer
from devtools.drills.evidence import Row
from devtools.drills.scenes import PROMPT_SECONDS, outbound_patience, submit_doomed_job

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


def play(book: Book) -> None:
    """Create an item of each producer, follow it, act on it, filter for it."""
    job = submit_doomed_job(book)
    fraud = _item(book, f"case:{Customer(book.stage).open_case()}", "critical", PROMPT_SECONDS)
    failed = _item(book, f"outbound:{job}", "error", outbound_patience(book.stage.settings))
    _resolve(book, int(fraud[0]))
    _dismiss(book, int(failed[0]))
    _filter(book, fraud, status="resolved")
    _filter(book, failed, status="dismissed")
    book.answer(
        "A filter that does not exist is refused", "GET", f"{LIST}?severity=loud", status=422
    )


def _item(book: Book, subject: str, severity: str, within: float) -> Row:
    rows = book.rows(
        f"There is one open item about {subject}",
        ITEM_OF,
        lambda rows: [row[2:4] for row in rows] == [(severity, "open")],
        within=within,
        must=True,
        subject=subject,
    )
    book.answer("The page behind it answers 200", "GET", rows[0][4])
    book.answer("It has an address of its own", "GET", f"{LIST}/{rows[0][0]}", show=_main)
    return rows[0]


def _resolve(book: Book, item: int) -> None:
    for action, status in (("acknowledge", "acknowledged"), ("resolve", "resolved")):
        book.answer(
            f"An admin can {action} it",
            "POST",
            f"{LIST}/{item}/{action}",
            body={"note": "A drill."},
            holds=lambda found, wanted=status: found["status"] == wanted,  # type: ignore[misc]
            show=_main,
        )
    book.answer(
        "What is resolved can't be acknowledged; the answer names who was first",
        "POST",
        f"{LIST}/{item}/acknowledge",
        status=409,
    )
    book.rows(
        "Each act is kept with its author",
        HISTORY,
        [
            ("local admin", "acknowledge", "open", "acknowledged", "A drill."),
            ("local admin", "resolve", "acknowledged", "resolved", "A drill."),
        ],
        item=item,
    )


def _dismiss(book: Book, item: int) -> None:
    path = f"{LIST}/{item}/dismiss"
    book.answer("An admin can dismiss another", "POST", path, body={}, show=_main)
    book.rows("It is closed, and knows since when", CLOSED, [("dismissed", True)], item=item)


def _filter(book: Book, item: Row, *, status: str) -> None:
    number, kind, severity = item[:3]
    for name, value in (("status", status), ("severity", severity), ("type", kind)):
        _find(book, f"{name}={value}", number, {name: value})
    _find(
        book,
        f"status={status}&severity={severity}&type={kind}",
        number,
        {"status": status, "severity": severity, "type": kind},
    )


def _find(book: Book, query: str, number: int, wanted: dict[str, str]) -> None:
    book.answer(
        f"The filter {query} finds it, and nothing else",
        "GET",
        f"{LIST}?{query}",
        holds=lambda page: (
            any(item["id"] == number for item in page["items"])
            and all(item[name] == value for item in page["items"] for name, value in wanted.items())
        ),
        show=lambda page: [(i["id"], i["status"], i["severity"]) for i in page["items"]][:4],
    )


def _main(item: dict[str, object]) -> dict[str, object]:
    """Return the members of an item that the drill is about."""
    return {name: item[name] for name in ("id", "status", "title")}
