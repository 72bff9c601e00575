"""Redis drill: the broker is emptied, a worker killed, beat runs twice; rows are counted."""

import os
import signal
import time

from devtools.drills.book import LOOK_SECONDS, Book
from devtools.drills.broker import flush, speaks_redis
from devtools.drills.scenes import outbound_patience, submit_doomed_job
from devtools.drills.stage import Stage

MESSAGES = 60
FLUSHES = 3

PURGE = "celery --quiet --app workers purge --force --queues dispatch,outbound,periodic"
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


def play(book: Book) -> None:
    """Let many messages fail for good while the broker is wrecked around them."""
    with book.stage.another("beat", log="second-beat.log") as second:
        jobs = [submit_doomed_job(book) for _ in range(MESSAGES)]
        span = {"first": jobs[0], "last": jobs[-1]}
        _wreck(book, span)
        book.write(
            "A second beat ran all the while",
            passed=second.poll() is None,
            asked="the process of the second beat",
            columns=("pid", "exit code"),
            rows=[(second.pid, second.poll())],
        )
        _count(book, jobs)


def _wreck(book: Book, span: dict[str, int]) -> None:
    """Kill the dispatcher once events are under way, and empty the broker again and again."""
    stack = book.stage.stack
    deadline = time.monotonic() + outbound_patience(book.stage.settings)
    while book.read(PROGRESS, **span)[0][1] == 0 and time.monotonic() < deadline:
        time.sleep(LOOK_SECONDS)
    killed, rows = stack.pids()["dispatcher"], []
    for turn in range(FLUSHES):
        if turn == 0:
            os.kill(killed, signal.SIGKILL)
            rows.append((f"kill -9 {killed}", *book.read(PROGRESS, **span)[0]))
        rows.append((_empty(book.stage), *book.read(PROGRESS, **span)[0]))
        time.sleep(1)
    book.write(
        "A worker was killed, and the broker emptied, while messages failed and events were sent",
        passed=any(row[0].startswith("kill") and row[3] < MESSAGES for row in rows),
        asked="what was done, and how far the messages were then",
        columns=("done", "failed for good", "events", "items"),
        rows=rows,
    )
    _wait_for_another(book, killed)


def _empty(stage: Stage) -> str:
    """Empty the broker; return how. One that others may use as well loses our part alone."""
    stack = stage.stack
    if speaks_redis(stack.broker_url):
        return flush(stack.broker_url, everything="valkey" in stack.pids())
    stage.run(f"exec {PURGE}")
    return PURGE.partition(" --force")[0]


def _wait_for_another(book: Book, killed: int) -> None:
    deadline = time.monotonic() + 10
    while (now := book.stage.stack.pids()["dispatcher"]) == killed and time.monotonic() < deadline:
        time.sleep(LOOK_SECONDS)
    book.write(
        "The supervisor has started another worker",
        passed=now != killed,
        asked="the process ids in run.json",
        columns=("killed", "now"),
        rows=[(killed, now)],
    )


def _count(book: Book, jobs: list[int]) -> None:
    book.rows(
        f"All {MESSAGES} messages have failed for good: {MESSAGES} events, {MESSAGES} items",
        PROGRESS,
        [(MESSAGES, MESSAGES, MESSAGES)],
        within=outbound_patience(book.stage.settings) * 2,
        first=jobs[0],
        last=jobs[-1],
    )
    book.rows("Lost: 0", LOST, [(0,)])
    book.rows("Doubled: 0", DOUBLED, [(0,)])
    book.rows("Waiting: 0", WAITING, [(0,)])
