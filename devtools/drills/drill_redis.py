"""Redis drill: empty the broker, kill a worker, run a second beat, then count the rows."""

import os
import signal
import time

from devtools.drills.broker import flush, is_redis
from devtools.drills.check_recorder import POLL_SECONDS, CheckRecorder
from devtools.drills.failing_work import new_invalid_recipient, outbound_timeout, submit_failing_job
from devtools.drills.target import DrillTarget

MESSAGES = 60
FLUSHES = 3

PURGE = (
    "celery --quiet --app workers purge --force --queues dispatch,outbound,periodic,notifications"
)
PROGRESS = """
    SELECT count(*) FILTER (WHERE job.status = 'failed') AS failed_for_good,
           count(event.id) AS events, count(item.id) AS items
    FROM cc_outbound_jobs AS job
    LEFT JOIN cc_automation_events AS event ON event.subject_ref = 'outbound:' || job.id
    LEFT JOIN cc_admin_inbox_items AS item ON item.event_id = event.id
    WHERE job.id BETWEEN :first AND :last
"""
LOST = """
    SELECT count(*) AS lost FROM cc_automation_events AS event
    WHERE status = 'sent' AND NOT EXISTS (
        SELECT FROM cc_admin_inbox_items WHERE dedupe_key = event.dedupe_key)
"""
DOUBLED = """
    SELECT count(*) AS doubled FROM (
        SELECT event_id FROM cc_admin_inbox_items WHERE type <> 'automation_dead_letter'
        GROUP BY event_id HAVING count(*) > 1) AS several
"""
WAITING = """
    SELECT count(*) AS still_waiting FROM cc_automation_events
    WHERE next_attempt_at IS NOT NULL AND subject_ref LIKE 'outbound:%'
"""


def run(recorder: CheckRecorder) -> None:
    """Let many messages fail finally while the broker is emptied and a worker is killed."""
    with recorder.target.extra_process("beat", log="second-beat.log") as second:
        recipients = [new_invalid_recipient(recorder) for _ in range(MESSAGES)]
        jobs = [submit_failing_job(recorder, recipient=each) for each in recipients]
        span = {"first": jobs[0], "last": jobs[-1]}
        _disturb(recorder, span)
        recorder.record(
            "A second beat ran during the whole drill",
            passed=second.poll() is None,
            source="the process of the second beat",
            columns=("pid", "exit code"),
            rows=[(second.pid, second.poll())],
        )
        _count(recorder, jobs)


def _disturb(recorder: CheckRecorder, span: dict[str, int]) -> None:
    """Kill the dispatcher once there is an event, and empty the broker several times."""
    stack = recorder.target.stack
    deadline = time.monotonic() + outbound_timeout(recorder.target.settings)
    while recorder.read(PROGRESS, **span)[0][1] == 0 and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
    killed, rows = stack.pids()["dispatcher"], []
    for turn in range(FLUSHES):
        if turn == 0:
            os.kill(killed, signal.SIGKILL)
            rows.append((f"kill -9 {killed}", *recorder.read(PROGRESS, **span)[0]))
        rows.append((_empty(recorder.target), *recorder.read(PROGRESS, **span)[0]))
        time.sleep(1)
    recorder.record(
        "A worker was killed and the broker was emptied before all events were sent",
        passed=any(row[0].startswith("kill") and row[3] < MESSAGES for row in rows),
        source="each action, and the counts right after it",
        columns=("action", "failed finally", "events", "items"),
        rows=rows,
    )
    _wait_for_restart(recorder, killed)


def _empty(target: DrillTarget) -> str:
    """Empty the broker and return the command.

    Only the embedded broker is emptied entirely, because others may use an external one.
    """
    stack = target.stack
    if is_redis(stack.broker_url):
        return flush(stack.broker_url, everything="valkey" in stack.pids())
    target.run_command(f"exec {PURGE}")
    return PURGE.partition(" --force")[0]


def _wait_for_restart(recorder: CheckRecorder, killed: int) -> None:
    deadline = time.monotonic() + 10
    while (
        now := recorder.target.stack.pids()["dispatcher"]
    ) == killed and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
    recorder.record(
        "The supervisor has restarted the worker",
        passed=now != killed,
        source="the process ids in run.json",
        columns=("killed", "now"),
        rows=[(killed, now)],
    )


def _count(recorder: CheckRecorder, jobs: list[int]) -> None:
    recorder.check_rows(
        f"All {MESSAGES} messages have failed: {MESSAGES} events, {MESSAGES} items",
        PROGRESS,
        [(MESSAGES, MESSAGES, MESSAGES)],
        within=outbound_timeout(recorder.target.settings) * 2,
        first=jobs[0],
        last=jobs[-1],
    )
    recorder.check_rows("Lost: 0 (every sent event has an item)", LOST, [(0,)])
    recorder.check_rows("Doubled: 0 (no event has two items)", DOUBLED, [(0,)])
    recorder.check_rows("Waiting: 0 (no event of a message is due)", WAITING, [(0,)])
