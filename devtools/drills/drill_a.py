"""Drill A: a fraud case by WhatsApp becomes an item that an admin sees."""

from devtools.drills.book import Book
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


def play(book: Book) -> None:
    """Play it twice: with the dispatcher held, to see `pending`, and at full speed."""
    _play_slowly(book)
    _play_at_speed(book)


def _play_slowly(book: Book) -> None:
    customer = Customer(book.stage)
    with book.stage.held("dispatcher"):
        case = customer.open_case()
        _show_phone(book, customer)
        subject = f"case:{case}"
        book.rows(
            "The case is committed with its event, which waits while the dispatcher is held",
            EVENT,
            lambda rows: [row[1:] for row in rows] == [("fraud_case_created", "pending", 0)],
            subject=subject,
        )
        book.rows("There is no item yet", ITEM, [], subject=subject)
    book.rows(
        "The dispatcher goes on, and the event is sent",
        EVENT,
        lambda rows: [row[1:] for row in rows] == [("fraud_case_created", "sent", 0)],
        within=15,
        subject=subject,
    )
    link = f"/automation/cases/{case}"
    rows = book.rows(
        "The inbox holds one open, critical item that leads to the case",
        ITEM,
        lambda rows: [row[1:] for row in rows] == [("critical", "open", link)],
        subject=subject,
    )
    book.answer("The page behind the item answers 200", "GET", link)
    book.answer("The inbox page answers 200", "GET", "/automation")
    for item, *_ in rows:
        book.answer("The item's own page answers 200", "GET", f"/automation/items/{item}")


def _show_phone(book: Book, customer: Customer) -> None:
    """Write down the conversation as the phone shows it, without the code itself."""
    messages = customer.messages()
    shown = [(each["author"], _hide(each["text"], customer), each["status"]) for each in messages]
    authors = [each["author"] for each in messages]
    book.write(
        "The customer reports fraud, receives a code, returns it, and is told the case",
        passed=authors == ["customer", "business"] * 2 and messages[0]["text"] == REPORT,
        asked=f"GET sandbox /api/conversations/{customer.masked}",
        columns=("who", "text", "status"),
        rows=shown,
    )


def _hide(words: str, customer: Customer) -> str:
    for code in customer.stage.seen.codes:
        words = words.replace(code, "······")
    return words.partition("\n")[0]


def _play_at_speed(book: Book) -> None:
    case = Customer(book.stage).open_case()
    book.rows(
        "Undisturbed, the item is there within a second of the event's commit",
        SPEED,
        lambda rows: [row[2] for row in rows] == [True],
        within=5,
        subject=f"case:{case}",
    )
