"""Drill 6, guardrails: the dead letters are exactly the events that used all their attempts."""

from collections.abc import Sequence

from devtools.drills.check_recorder import CheckRecorder
from devtools.drills.failing_work import dispatch_timeout, record_failing_event

WITHOUT_ATTEMPTS = """
    SELECT id, event_type, status, attempts, dead_at IS NOT NULL AS dead, sent_at
    FROM cc_automation_events
    WHERE attempts >= :max_attempts AND next_attempt_at IS NULL ORDER BY id
"""
DEAD = "SELECT id FROM cc_automation_events WHERE dead_at IS NOT NULL ORDER BY id"
SENT = """
    SELECT count(*) AS sent, max(attempts) AS most_failed_tries_before,
           count(*) FILTER (WHERE attempts >= :max_attempts) AS that_look_dead
    FROM cc_automation_events WHERE status = 'sent'
"""
DUE_AFTER_END = """
    SELECT count(*) AS due_after_end FROM cc_automation_events
    WHERE next_attempt_at IS NOT NULL AND (sent_at IS NOT NULL OR dead_at IS NOT NULL)
"""


def run(recorder: CheckRecorder) -> None:
    """Compare the events without attempts left with the dead letters, by query and by API."""
    if recorder.target.is_own and not recorder.read(DEAD):
        _make_dead_letter(recorder)
    max_attempts = recorder.target.settings.max_attempts
    rows = recorder.check_rows(
        "Every event that has used all its attempts and is not due is failed and a dead letter",
        WITHOUT_ATTEMPTS,
        lambda rows: (
            all(row[2:] == ("failed", max_attempts, True, None) for row in rows)
            and (bool(rows) or not recorder.target.is_own)
        ),
        max_attempts=max_attempts,
    )
    ids = [row[0] for row in rows]
    recorder.check_rows("These are exactly the dead letters", DEAD, [(each,) for each in ids])
    recorder.check_answer(
        "The API lists exactly these dead letters",
        "GET",
        "/api/automation/events?dead=true&limit=100",
        condition=lambda page: _ids(page["items"]) == ids[-100:],
        show=lambda page: _ids(page["items"]),
    )
    recorder.check_rows(
        "No sent event has used all its attempts",
        SENT,
        lambda rows: rows[0][2] == 0,
        max_attempts=max_attempts,
    )
    recorder.check_rows("No sent event and no dead letter is due", DUE_AFTER_END, [(0,)])


def _make_dead_letter(recorder: CheckRecorder) -> None:
    recorder.check_rows(
        "An event of an unknown type has become a dead letter",
        "SELECT id, status, attempts FROM cc_automation_events"
        " WHERE id = :event AND dead_at IS NOT NULL",
        lambda rows: len(rows) == 1,
        within=dispatch_timeout(recorder.target.settings),
        required=True,
        event=record_failing_event(recorder),
    )


def _ids(items: Sequence[dict[str, int]]) -> list[int]:
    return sorted(item["id"] for item in items)
