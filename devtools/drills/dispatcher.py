"""The dispatcher: each event becomes one item, failures back off, the hopeless are announced."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from app.core.retry import JITTER
from devtools.drills.book import Book
from devtools.drills.customer import Customer
from devtools.drills.evidence import Row
from devtools.drills.scenes import (
    PROMPT_SECONDS,
    dispatch_patience,
    outbound_patience,
    record_doomed_event,
    submit_doomed_job,
)

ITEMS = """
    SELECT event.id, event.status, count(item.id) AS items, min(item.type) AS type
    FROM cc_automation_events AS event
    LEFT JOIN cc_admin_inbox_items AS item ON item.event_id = event.id
    WHERE event.subject_ref = :subject GROUP BY event.id
"""
DEAD = """
    SELECT id, status, attempts, next_attempt_at, dead_at IS NOT NULL AS dead, last_error
    FROM cc_automation_events WHERE id = :event
"""
TRIES = """
    SELECT attempt, CASE WHEN attempt > 1
               THEN least(:base * 2 ^ (attempt - 2), :cap)::numeric(9, 2) END AS planned_wait,
           extract(epoch FROM at - lag(at) OVER (ORDER BY id))::numeric(9, 2) AS waited
    FROM cc_automation_event_attempts WHERE event_id = :event ORDER BY id
"""
ANNOUNCED = """
    SELECT item.id, item.type, item.severity, item.status, item.occurrences, item.link_ref
    FROM cc_admin_inbox_items AS item JOIN cc_automation_events AS event
        ON item.group_key LIKE 'automation_dead_letter:' || event.event_type || ':%'
    WHERE event.id = :event AND item.status IN ('open', 'acknowledged')
"""
AUTOMATIC = """
    SELECT event.id, event.status, item.created_at - job.failed_at AS waited,
           item.created_at - job.failed_at < interval '1 second' AS within_a_second
    FROM cc_outbound_jobs AS job
    JOIN cc_automation_events AS event ON event.subject_ref = 'outbound:' || job.id
    JOIN cc_admin_inbox_items AS item ON item.event_id = event.id
    WHERE job.id = :job
"""


def play(book: Book) -> None:
    """Start what takes its time, and look at the rest meanwhile."""
    job = submit_doomed_job(book)
    _convert_once(book)
    doomed = record_doomed_event(book) if book.stage.is_own else None
    _run_automatically(book, job)
    if doomed is None:
        book.leave_out(
            "backoff and dead letter: with this stack's waits ten tries take hours; play"
            " `python -m devtools.drills --own dispatcher`"
        )
    else:
        _die(book, doomed)


def _convert_once(book: Book) -> None:
    """Dispatch one event by two requests at once, while the dispatcher is held."""
    with book.stage.held("dispatcher"):
        subject = f"case:{Customer(book.stage).open_case()}"
        book.rows(
            "While the dispatcher is held, the event waits without an item",
            ITEMS,
            lambda rows: [row[1:3] for row in rows] == [("pending", 0)],
            subject=subject,
        )
        _dispatch_twice(book)
        book.rows(
            "Of two requests at once, one has turned it into one item",
            ITEMS,
            lambda rows: [row[1:] for row in rows] == [("sent", 1, "fraud_case_created")],
            subject=subject,
        )
    book.answer("Dispatching once more is no harm", "POST", "/api/automation/dispatch")
    book.rows(
        "There is still one item, also after the dispatcher goes on",
        ITEMS,
        lambda rows: [row[1:3] for row in rows] == [("sent", 1)],
        subject=subject,
    )


def _dispatch_twice(book: Book) -> None:
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda _: book.call("POST", "/api/automation/dispatch"), range(2)))
    counts = [answer.json() for answer in answers]
    names = ("claimed", "sent", "failed", "dead_lettered")
    book.write(
        "Two requests at once share the work",
        passed=all(answer.is_success for answer in answers)
        and sum(count["sent"] for count in counts) >= 1,
        asked="POST /api/automation/dispatch  x-user-role: admin  (twice, side by side)",
        columns=("status", *names),
        rows=[
            (answer.status_code, *(count[name] for name in names))
            for answer, count in zip(answers, counts, strict=True)
        ],
    )


def _run_automatically(book: Book, job: int) -> None:
    book.rows(
        "After the outbound run that failed a message for good, its item came by itself",
        AUTOMATIC,
        lambda rows: [(row[1], row[3]) for row in rows] == [("sent", True)],
        within=outbound_patience(book.stage.settings),
        job=job,
    )


def _die(book: Book, event: int) -> None:
    settings = book.stage.settings
    book.rows(
        f"An event that no draft understands fails {settings.max_attempts} times and is dead",
        DEAD,
        lambda rows: [row[1:5] for row in rows] == [("failed", settings.max_attempts, None, True)],
        within=dispatch_patience(settings),
        must=True,
        event=event,
    )
    book.rows(
        "Each wait was at least the planned one (± 10 %), doubling up to its cap",
        TRIES,
        lambda rows: len(rows) == settings.max_attempts and _grows(rows),
        event=event,
        base=settings.retry_base_seconds,
        cap=settings.retry_cap_seconds,
    )
    rows = book.rows(
        "One open item announces the death",
        ANNOUNCED,
        lambda rows: [row[1:4] for row in rows] == [("automation_dead_letter", "error", "open")],
        within=PROMPT_SECONDS,
        event=event,
    )
    for row in rows:
        book.answer("It leads to the dead events", "GET", row[5])


def _grows(rows: Sequence[Row]) -> bool:
    waits = [(float(planned), float(waited)) for _, planned, waited in rows[1:]]
    return all(waited >= planned * (1 - JITTER) - 0.01 for planned, waited in waits)
