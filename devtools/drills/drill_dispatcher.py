"""Drill 3, the dispatcher: an event becomes one item, is retried, or becomes a dead letter."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from app.core.retry import JITTER
from devtools.drills.check_recorder import CheckRecorder
from devtools.drills.customer import Customer
from devtools.drills.evidence import Row
from devtools.drills.failing_work import (
    DELIVERY_SECONDS,
    dispatch_timeout,
    outbound_timeout,
    record_failing_event,
    submit_failing_job,
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
ATTEMPTS = """
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


def run(recorder: CheckRecorder) -> None:
    """Start the work that takes longest, then check the rest while it runs."""
    job = submit_failing_job(recorder)
    _check_one_item(recorder)
    failing = record_failing_event(recorder) if recorder.target.is_own else None
    _check_without_request(recorder, job)
    if failing is None:
        recorder.leave_out(
            "backoff and dead letter: with the retry settings of this stack, ten attempts take"
            " hours; run `python -m devtools.drills --own dispatcher`"
        )
    else:
        _check_dead_letter(recorder, failing)


def _check_one_item(recorder: CheckRecorder) -> None:
    """Dispatch one event by two simultaneous requests, while the dispatcher is paused."""
    with recorder.target.paused("dispatcher"):
        subject = f"case:{Customer(recorder.target).open_case()}"
        recorder.check_rows(
            "While the dispatcher is paused, the event is pending and has no item",
            ITEMS,
            lambda rows: [row[1:3] for row in rows] == [("pending", 0)],
            subject=subject,
        )
        _dispatch_twice(recorder)
        recorder.check_rows(
            "Two simultaneous requests have made one item of the event",
            ITEMS,
            lambda rows: [row[1:] for row in rows] == [("sent", 1, "fraud_case_created")],
            subject=subject,
        )
    recorder.check_answer("A third dispatch request succeeds", "POST", "/api/automation/dispatch")
    recorder.check_rows(
        "There is still one item after the dispatcher resumes",
        ITEMS,
        lambda rows: [row[1:3] for row in rows] == [("sent", 1)],
        subject=subject,
    )


def _dispatch_twice(recorder: CheckRecorder) -> None:
    with ThreadPoolExecutor(2) as pool:
        answers = list(
            pool.map(lambda _: recorder.request("POST", "/api/automation/dispatch"), range(2))
        )
    counts = [answer.json() for answer in answers]
    names = ("claimed", "sent", "failed", "dead_lettered")
    recorder.record(
        "Two simultaneous dispatch requests succeed and send at least one event",
        passed=all(answer.is_success for answer in answers)
        and sum(count["sent"] for count in counts) >= 1,
        source="POST /api/automation/dispatch  x-user-role: admin  (twice at the same time)",
        columns=("status", *names),
        rows=[
            (answer.status_code, *(count[name] for name in names))
            for answer, count in zip(answers, counts, strict=True)
        ],
    )


def _check_without_request(recorder: CheckRecorder, job: int) -> None:
    recorder.check_rows(
        "The item of a failed message is created within a second, without a dispatch request",
        AUTOMATIC,
        lambda rows: [(row[1], row[3]) for row in rows] == [("sent", True)],
        within=outbound_timeout(recorder.target.settings),
        job=job,
    )


def _check_dead_letter(recorder: CheckRecorder, event: int) -> None:
    settings = recorder.target.settings
    recorder.check_rows(
        f"An event of an unknown type fails {settings.max_attempts} times and is a dead letter",
        DEAD,
        lambda rows: [row[1:5] for row in rows] == [("failed", settings.max_attempts, None, True)],
        within=dispatch_timeout(settings),
        required=True,
        event=event,
    )
    recorder.check_rows(
        "Each wait was at least the planned backoff (± 10 %), which doubles up to the cap",
        ATTEMPTS,
        lambda rows: len(rows) == settings.max_attempts and _waits_are_long_enough(rows),
        event=event,
        base=settings.retry_base_seconds,
        cap=settings.retry_cap_seconds,
    )
    rows = recorder.check_rows(
        "One open item announces the dead letter",
        ANNOUNCED,
        lambda rows: [row[1:4] for row in rows] == [("automation_dead_letter", "error", "open")],
        within=DELIVERY_SECONDS,
        event=event,
    )
    for row in rows:
        recorder.check_answer("The page that the item links to answers 200", "GET", row[5])


def _waits_are_long_enough(rows: Sequence[Row]) -> bool:
    waits = [(float(planned), float(waited)) for _, planned, waited in rows[1:]]
    return all(waited >= planned * (1 - JITTER) - 0.01 for planned, waited in waits)
