"""Drill 7, the periodic jobs: started by beat on a short schedule, and through their endpoints."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from devtools.drills.check_recorder import CheckRecorder
from devtools.drills.customer import Customer
from devtools.drills.failing_work import DELIVERY_SECONDS
from devtools.drills.target import DrillTarget

OTP_STUCK = "/api/automation/checkers/otp-stuck"
DAILY_SUMMARY = "/api/automation/checkers/daily-summary"
SLOT_SECONDS = 90.0

AGE = """
    UPDATE cc_verification_jobs SET created_at = created_at - make_interval(mins => :minutes)
    WHERE customer_id = (SELECT id FROM cc_customers WHERE number_fingerprint = :phone)
        AND status = 'awaiting_verification' RETURNING id
"""
STUCK = """
    SELECT event.id, event.status, item.severity, item.status AS item, item.title
    FROM cc_automation_events AS event
    LEFT JOIN cc_admin_inbox_items AS item ON item.event_id = event.id
    WHERE event.subject_ref = 'verification:' || :job
"""
SUMMARY = """
    SELECT summary.business_date::text, count(event.id) AS events, count(item.id) AS items,
           min(item.severity) AS severity
    FROM cc_daily_summaries AS summary
    LEFT JOIN cc_automation_events AS event
        ON event.subject_ref = 'summary:' || summary.business_date
    LEFT JOIN cc_admin_inbox_items AS item ON item.event_id = event.id
    WHERE summary.business_date = :day GROUP BY 1
"""
RUNS = """
    SELECT job, slot, outcome, detail FROM cc_job_runs WHERE job = :job ORDER BY id DESC LIMIT 5
"""


def prepare(target: DrillTarget) -> None:
    """Create a stuck verification, so that beat's next run finds it."""
    if target.is_own:
        minutes = target.settings.otp_stuck_minutes + 1
        target.prepared["periodic"] = _age_a_verification(target, minutes=minutes)


def run(recorder: CheckRecorder) -> None:
    """Check the runs that beat started, then call both endpoints twice."""
    if recorder.target.is_own:
        _wait_for_beat(recorder, recorder.target.prepared["periodic"])
    else:
        recorder.leave_out(
            "the runs by beat: this stack has its normal schedule; run"
            " `python -m devtools.drills --own periodic`"
        )
    _find_stuck(recorder)
    _create_summary(recorder)
    _run_curl_commands(recorder)


def _age_a_verification(target: DrillTarget, *, minutes: int) -> int:
    """Let a customer report fraud without sending the code, then make the job older."""
    customer = Customer(target)
    customer.report()
    values = {"minutes": minutes, "phone": customer.fingerprint}
    with target.container.engine.begin() as connection:
        return int(connection.execute(text(AGE), values).scalar_one())


def _find_stuck(recorder: CheckRecorder) -> None:
    job = _age_a_verification(recorder.target, minutes=6)
    body = {"stuckMinutesThreshold": 5}
    recorder.check_answer(
        "A verification that has waited longer than the threshold is stuck and gets an event",
        "POST",
        OTP_STUCK,
        body=body,
        condition=lambda found: found["stuck"] >= 1 and found["recorded"] >= 1,
    )
    recorder.check_answer(
        "At the second call the verification is still stuck, but gets no second event",
        "POST",
        OTP_STUCK,
        body=body,
        condition=lambda found: found["stuck"] >= 1 and found["recorded"] == 0,
    )
    recorder.check_rows(
        "The event of the verification is sent and has one open item of severity warning",
        STUCK,
        lambda rows: [row[1:4] for row in rows] == [("sent", "warning", "open")],
        within=DELIVERY_SECONDS,
        job=job,
    )
    for threshold in (0, 10_081, "soon", 30.5):
        recorder.check_answer(
            f"A threshold of {threshold!r} is refused",
            "POST",
            OTP_STUCK,
            status=422,
            body={"stuckMinutesThreshold": threshold},
        )


def _create_summary(recorder: CheckRecorder) -> None:
    day = (datetime.now(UTC).date() - timedelta(days=3)).isoformat()
    known = bool(recorder.read(SUMMARY, day=day))
    for statement, is_new in (
        ("A summary is created for a date that is over", not known),
        ("The second call returns the same summary and creates none", False),
    ):
        recorder.check_answer(
            statement,
            "POST",
            DAILY_SUMMARY,
            body={"date": day},
            condition=lambda found, expected=is_new: found["new"] is expected,  # type: ignore[misc]
            show=lambda found: {"business_date": found["business_date"], "new": found["new"]},
        )
    recorder.check_rows(
        "The date has one summary, one event and one item of severity info",
        SUMMARY,
        [(day, 1, 1, "info")],
        within=DELIVERY_SECONDS,
        day=day,
    )
    tomorrow = (datetime.now(UTC).date() + timedelta(days=2)).isoformat()
    recorder.check_answer(
        "A date that is not over yet is refused",
        "POST",
        DAILY_SUMMARY,
        status=422,
        body={"date": tomorrow},
    )


def _wait_for_beat(recorder: CheckRecorder, job: int) -> None:
    settings = recorder.target.settings
    recorder.check_rows(
        "The check for stuck verifications that beat starts every"
        f" {settings.otp_stuck_every_minutes} min has found one",
        RUNS,
        lambda rows: (
            all(row[2] == "done" for row in rows)
            and any((row[3] or {}).get("recorded") for row in rows)
        ),
        within=SLOT_SECONDS,
        job="otp-stuck",
    )
    recorder.check_rows(
        "The verification that the check found has an item in the inbox",
        STUCK,
        lambda rows: [row[1:4] for row in rows] == [("sent", "warning", "open")],
        within=SLOT_SECONDS,
        job=job,
    )
    recorder.check_rows(
        f"The summary that beat starts at {settings.daily_summary_at:%H:%M} ran once",
        RUNS,
        lambda rows: [(row[2], row[3].get("new")) for row in rows] == [("done", True)],
        within=SLOT_SECONDS,
        job="daily-summary",
    )
    slot = recorder.read(RUNS, job="daily-summary")[0][1]
    recorder.check_rows(
        "The date of that run has one summary, one event and one item",
        SUMMARY,
        [(slot, 1, 1, "info")],
        within=DELIVERY_SECONDS,
        day=slot,
    )


def _run_curl_commands(recorder: CheckRecorder) -> None:
    for name, path, body in (
        ("dispatch", "/api/automation/dispatch", None),
        ("otp-stuck", OTP_STUCK, {"stuckMinutesThreshold": 30}),
        ("daily-summary", DAILY_SUMMARY, None),
    ):
        recorder.check_answer(
            f"The README's curl command {name} answers 200", "POST", path, body=body
        )
