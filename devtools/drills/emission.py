"""Emission: business changes record their events, redacted, and each fact once."""

import secrets
from collections.abc import Sequence

from app.outbox.events import CATALOGUE
from app.outbox.record import record_event
from devtools.drills.book import Book
from devtools.drills.customer import Customer, new_number
from devtools.drills.evidence import Row
from devtools.drills.scenes import INVALID, outbound_patience, submit_doomed_job

EVENT = """
    SELECT event_type, dedupe_key, subject_ref, jsonb_pretty(payload) AS payload
    FROM cc_automation_events WHERE subject_ref = :subject
"""
TOGETHER = """
    SELECT c.id AS case_id, c.created_at = e.created_at AS same_moment
    FROM cc_fraud_cases AS c JOIN cc_automation_events AS e ON e.subject_ref = 'case:' || c.id
    WHERE c.id = :case
"""
COUNT = """
    SELECT dedupe_key, count(*) FROM cc_automation_events
    WHERE subject_ref = :subject GROUP BY 1
"""
OF_CUSTOMER = """
    SELECT (SELECT count(*) FROM cc_inbound_messages
            WHERE message_fingerprint = :message) AS messages,
           (SELECT count(*) FROM cc_fraud_cases AS fraud_case
            JOIN cc_customers AS customer ON customer.id = customer_id
            WHERE number_fingerprint = :phone) AS cases
"""
MADE_UP_CODE = "482913"


def play(book: Book) -> None:
    """Record both event types by their real producers, then try each a second time."""
    job = submit_doomed_job(book)
    case = _fraud_case(book)
    _try_again(book, "fraud_case_created", f"case:{case}")
    _failed_message(book, job)
    _try_again(book, "outbound_failed_max_attempts", f"outbound:{job}")


def _fraud_case(book: Book) -> int:
    customer, stranger = Customer(book.stage), new_number()
    book.stage.seen.codes.add(MADE_UP_CODE)
    book.stage.seen.numbers.add(stranger)
    words = f"Fraud! {stranger} called me, wanted the code {MADE_UP_CODE}, and emptied my account"
    code, message = customer.report(words), f"wamid.DRILL{secrets.token_hex(8).upper()}"
    customer.write(code, message_id=message)
    case = customer.await_case()
    secret = (stranger.lstrip("+"), customer.number.lstrip("+"), MADE_UP_CODE, code)
    book.rows(
        "A report with a code and a stranger's number becomes an event that holds neither",
        EVENT,
        lambda rows: (
            [row[:2] for row in rows] == [("fraud_case_created", f"fraud_case_created:{case}")]
            and customer.masked in rows[0][3]
            and not any(word in str(rows) for word in secret)
        ),
        subject=f"case:{case}",
    )
    _show_one_transaction(book, case)
    status = customer.write(code, message_id=message)
    book.rows(
        f"The same webhook a second time ({status}) changes nothing",
        OF_CUSTOMER,
        [(1, 1)],
        message=book.stage.container.vault.fingerprint("message", message),
        phone=customer.fingerprint,
    )
    return case


def _show_one_transaction(book: Book, case: int) -> None:
    book.rows(
        "Case and event bear the moment of one transaction, to the microsecond",
        TOGETHER,
        [(case, True)],
        case=case,
    )


def _failed_message(book: Book, job: int) -> None:
    digits = INVALID.lstrip("+")
    book.rows(
        "A message that has used its last try records its event, with the number masked",
        EVENT,
        lambda rows: _is_failure(rows, job) and digits not in str(rows),
        within=outbound_patience(book.stage.settings),
        must=True,
        subject=f"outbound:{job}",
    )


def _is_failure(rows: Sequence[Row], job: int) -> bool:
    key = f"outbound_failed_max_attempts:{job}"
    return [row[:2] for row in rows] == [("outbound_failed_max_attempts", key)]


def _try_again(book: Book, event_type: str, subject: str) -> None:
    payload = book.read(
        "SELECT payload FROM cc_automation_events WHERE subject_ref = :subject", subject=subject
    )[0][0]
    with book.stage.container.sessions.begin() as session:
        again = record_event(session, CATALOGUE[event_type](**payload))
    book.write(
        "Recording the same fact again writes nothing and says so",
        passed=again is None,
        asked=f"record_event(session, {CATALOGUE[event_type].__name__}(…)) about {subject}",
        columns=("returned",),
        rows=[(repr(again),)],
        wanted="None",
    )
    book.rows(
        "There is still one such event",
        COUNT,
        [(f"{event_type}:{subject.partition(':')[2]}", 1)],
        subject=subject,
    )
