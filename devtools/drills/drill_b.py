"""Drill B: a message to an invalid recipient fails for good and an admin hears why."""

from devtools.drills.book import Book
from devtools.drills.scenes import INVALID, PROMPT_SECONDS, outbound_patience

JOB = """
    SELECT job.id, status, attempts, masked AS recipient, last_error_code, last_error
    FROM cc_outbound_jobs AS job JOIN cc_customers AS customer ON customer.id = customer_id
    WHERE job.id = :job
"""
TRIES = """
    SELECT attempt, outcome, error_code,
           extract(epoch FROM started_at - lag(started_at) OVER (ORDER BY id))::numeric(9, 2)
               AS waited
    FROM cc_outbound_attempts WHERE job_id = :job ORDER BY id
"""
EVENT = """
    SELECT id, event_type, status, payload ->> 'reason' AS reason
    FROM cc_automation_events WHERE subject_ref = 'outbound:' || :job
"""
ITEM = """
    SELECT item.id, item.severity, item.status, item.link_ref, item.title, item.body
    FROM cc_admin_inbox_items AS item JOIN cc_automation_events AS event ON event.id = item.event_id
    WHERE event.subject_ref = 'outbound:' || :job
"""


def play(book: Book) -> None:
    """Submit the message by the API, wait until its tries are spent, follow it to the inbox."""
    response = book.answer(
        "The API takes a message to a number that nobody has on WhatsApp",
        "POST",
        "/api/outbound/jobs",
        status=201,
        body={"recipient": INVALID, "text": "Your card is on its way."},
        holds=lambda job: INVALID.lstrip("+") not in str(job),
        show=lambda job: {name: job[name] for name in ("id", "status", "recipient")},
    )
    job = int(response.json()["id"])
    _fail(book, job)
    rows = book.rows(
        "The inbox holds one open item of severity error, which says why in words",
        ITEM,
        lambda rows: (
            [row[1:4] for row in rows] == [("error", "open", f"/automation/outbound/{job}")]
            and "WhatsApp" in rows[0][5]
        ),
        within=PROMPT_SECONDS,
        job=job,
    )
    for row in rows:
        book.answer("The page behind the item answers 200", "GET", row[3])
        book.answer("The item's own page answers 200", "GET", f"/automation/items/{row[0]}")


def _fail(book: Book, job: int) -> None:
    settings = book.stage.settings
    tries = settings.outbound_max_attempts
    book.rows(
        f"The job has failed, after {tries} tries",
        JOB,
        lambda rows: [row[1:3] for row in rows] == [("failed", tries)],
        within=outbound_patience(settings),
        must=True,
        job=job,
    )
    book.rows(
        "Each try was counted, and refused by WhatsApp with the code for no such recipient",
        TRIES,
        lambda rows: (
            [row[:3] for row in rows] == [(n, "failed", 131026) for n in range(1, tries + 1)]
        ),
        job=job,
    )
    book.rows(
        "The event was recorded with the failure, and is sent",
        EVENT,
        lambda rows: [row[1:3] for row in rows] == [("outbound_failed_max_attempts", "sent")],
        within=PROMPT_SECONDS,
        job=job,
    )
