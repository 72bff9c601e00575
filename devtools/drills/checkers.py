"""The checkers: by their endpoints, and by beat with the schedule shortened."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from devtools.drills.book import Book
from devtools.drills.customer import Customer
from devtools.drills.scenes import PROMPT_SECONDS
from devtools.drills.stage import Stage

OTP_STUCK = "/api/automation/checkers/otp-stuck"
DAILY_SUMMARY = "/api/automation/checkers/daily-summary"
A_SLOT_SECONDS = 90.0

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


def prepare(stage: Stage) -> None:
    """Let a verification be stuck, so that beat finds it at its next run."""
    if stage.is_own:
        minutes = stage.settings.otp_stuck_minutes + 1
        stage.prepared["checkers"] = _age_a_verification(stage, minutes=minutes)


def play(book: Book) -> None:
    """Look at what beat did by itself, then ask both endpoints twice."""
    if book.stage.is_own:
        _wait_for_beat(book, book.stage.prepared["checkers"])
    else:
        book.leave_out(
            "the runs by beat: this stack keeps its real schedule; play"
            " `python -m devtools.drills --own checkers`"
        )
    _find_stuck(book)
    _sum_up(book)
    _quick_commands(book)


def _age_a_verification(stage: Stage, *, minutes: int) -> int:
    """Let a customer report and not answer, then make it look so many minutes old."""
    customer = Customer(stage)
    customer.report()
    values = {"minutes": minutes, "phone": customer.fingerprint}
    with stage.container.engine.begin() as connection:
        return int(connection.execute(text(AGE), values).scalar_one())


def _find_stuck(book: Book) -> None:
    job = _age_a_verification(book.stage, minutes=6)
    body = {"stuckMinutesThreshold": 5}
    book.answer(
        "A verification that has waited longer than the threshold is stuck, which is news",
        "POST",
        OTP_STUCK,
        body=body,
        holds=lambda found: found["stuck"] >= 1 and found["recorded"] >= 1,
    )
    book.answer(
        "Asked again, it is still stuck, but no longer news",
        "POST",
        OTP_STUCK,
        body=body,
        holds=lambda found: found["stuck"] >= 1 and found["recorded"] == 0,
    )
    book.rows(
        "Its event is sent, and one open item of severity warning says so",
        STUCK,
        lambda rows: [row[1:4] for row in rows] == [("sent", "warning", "open")],
        within=PROMPT_SECONDS,
        job=job,
    )
    for threshold in (0, 10_081, "soon", 30.5):
        book.answer(
            f"A threshold of {threshold!r} is refused",
            "POST",
            OTP_STUCK,
            status=422,
            body={"stuckMinutesThreshold": threshold},
        )


def _sum_up(book: Book) -> None:
    day = (datetime.now(UTC).date() - timedelta(days=3)).isoformat()
    known = bool(book.read(SUMMARY, day=day))
    for claim, is_new in (
        ("A date that is over is summed up", not known),
        ("Asked again, the same summary, and nothing new", False),
    ):
        book.answer(
            claim,
            "POST",
            DAILY_SUMMARY,
            body={"date": day},
            holds=lambda found, wanted=is_new: found["new"] is wanted,  # type: ignore[misc]
            show=lambda found: {"business_date": found["business_date"], "new": found["new"]},
        )
    book.rows(
        "One summary, one event, one item of severity info",
        SUMMARY,
        [(day, 1, 1, "info")],
        within=PROMPT_SECONDS,
        day=day,
    )
    tomorrow = (datetime.now(UTC).date() + timedelta(days=2)).isoformat()
    book.answer(
        "A date that is not over is refused",
        "POST",
        DAILY_SUMMARY,
        status=422,
        body={"date": tomorrow},
    )


def _wait_for_beat(book: Book, job: int) -> None:
    settings = book.stage.settings
    book.rows(
        "Beat has looked for stuck verifications by itself, every"
        f" {settings.otp_stuck_every_minutes} min, and found news",
        RUNS,
        lambda rows: (
            all(row[2] == "done" for row in rows)
            and any((row[3] or {}).get("recorded") for row in rows)
        ),
        within=A_SLOT_SECONDS,
        job="otp-stuck",
    )
    book.rows(
        "What it found, a verification made 31 minutes old, is in the inbox",
        STUCK,
        lambda rows: [row[1:4] for row in rows] == [("sent", "warning", "open")],
        within=A_SLOT_SECONDS,
        job=job,
    )
    book.rows(
        f"Beat has summed up the date before, at {settings.daily_summary_at:%H:%M}, once",
        RUNS,
        lambda rows: [(row[2], row[3].get("new")) for row in rows] == [("done", True)],
        within=A_SLOT_SECONDS,
        job="daily-summary",
    )
    slot = book.read(RUNS, job="daily-summary")[0][1]
    book.rows(
        "One summary, one event, one item",
        SUMMARY,
        [(slot, 1, 1, "info")],
        within=PROMPT_SECONDS,
        day=slot,
    )


def _quick_commands(book: Book) -> None:
    for name, path, body in (
        ("dispatch", "/api/automation/dispatch", None),
        ("otp-stuck", OTP_STUCK, {"stuckMinutesThreshold": 30}),
        ("daily-summary", DAILY_SUMMARY, None),
    ):
        book.answer(f"The quick command {name} works as it stands", "POST", path, body=body)
