"""Drill B: a message to an invalid recipient fails finally, and an item shows the reason."""

from devtools.drills.check_recorder import CheckRecorder
from devtools.drills.failing_work import DELIVERY_SECONDS, INVALID_RECIPIENT, outbound_timeout

JOB = """
    SELECT job.id, status, attempts, masked AS recipient, last_error_code, last_error
    FROM cc_outbound_jobs AS job JOIN cc_customers AS customer ON customer.id = customer_id
    WHERE job.id = :job
"""
ATTEMPTS = """
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


def run(recorder: CheckRecorder) -> None:
    """Submit the message through the API, wait for its last attempt, and check its item."""
    response = recorder.check_answer(
        "The API accepts a message to a number that is not on WhatsApp",
        "POST",
        "/api/outbound/jobs",
        status=201,
        body={"recipient": INVALID_RECIPIENT, "text": "Your card is on its way."},
        condition=lambda job: INVALID_RECIPIENT.lstrip("+") not in str(job),
        show=lambda job: {name: job[name] for name in ("id", "status", "recipient")},
    )
    job = int(response.json()["id"])
    _fail(recorder, job)
    rows = recorder.check_rows(
        "The inbox has one open item of severity error, which contains the reason",
        ITEM,
        lambda rows: (
            [row[1:4] for row in rows] == [("error", "open", f"/automation/outbound/{job}")]
            and "WhatsApp" in rows[0][5]
        ),
        within=DELIVERY_SECONDS,
        job=job,
    )
    for row in rows:
        recorder.check_answer("The page that the item links to answers 200", "GET", row[3])
        recorder.check_answer(
            "The item's own page answers 200", "GET", f"/automation/items/{row[0]}"
        )


def _fail(recorder: CheckRecorder, job: int) -> None:
    settings = recorder.target.settings
    attempts = settings.outbound_max_attempts
    recorder.check_rows(
        f"The job has failed after {attempts} attempts",
        JOB,
        lambda rows: [row[1:3] for row in rows] == [("failed", attempts)],
        within=outbound_timeout(settings),
        required=True,
        job=job,
    )
    recorder.check_rows(
        "Each attempt was recorded, with WhatsApp's error code for an unreachable recipient",
        ATTEMPTS,
        lambda rows: (
            [row[:3] for row in rows] == [(n, "failed", 131026) for n in range(1, attempts + 1)]
        ),
        job=job,
    )
    recorder.check_rows(
        "An event was recorded with the failure, and it is sent",
        EVENT,
        lambda rows: [row[1:3] for row in rows] == [("outbound_failed_max_attempts", "sent")],
        within=DELIVERY_SECONDS,
        job=job,
    )
