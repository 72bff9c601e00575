"""A real worker and a real broker: events become items even if processes are killed."""

import time
from collections.abc import Callable

import psutil
import pytest
from celery import Celery
from sqlalchemy import text

from app.core.database import Sessions
from tests.workers.conftest import StartCelery, eventually

Count = Callable[..., int]

RECORD = """
INSERT INTO cc_automation_events (event_type, dedupe_key, subject_ref, payload)
SELECT 'fraud_case_created', 'fraud_case_created:' || n, 'case:' || n,
       jsonb_build_object(
           'case_id', n, 'masked_phone', '••• 4567', 'language', 'en', 'report', 'Fraud!')
FROM generate_series(1, :count) AS n
"""


UNREADABLE = """
INSERT INTO cc_automation_events (event_type, dedupe_key, subject_ref, payload)
VALUES ('fraud_case_created', 'fraud_case_created:' || :number, 'case:' || :number, '{}')
"""
MEND = """
UPDATE cc_automation_events SET payload = jsonb_build_object(
    'case_id', id, 'masked_phone', '••• 4567', 'language', 'en', 'report', 'Fraud!')
"""


@pytest.fixture
def count(sessions: Sessions) -> Count:
    """Return a function that counts the rows of a table under a condition."""

    def run(table: str, condition: str = "true") -> int:
        with sessions.begin() as session:
            counted = session.scalar(text(f"SELECT count(*) FROM {table} WHERE {condition}"))
            return int(counted or 0)

    return run


@pytest.fixture
def record(sessions: Sessions) -> Callable[[int], None]:
    """Return a function that records events of fraud cases in one transaction."""

    def run(count: int) -> None:
        with sessions.begin() as session:
            session.execute(text(RECORD), {"count": count})

    return run


def test_a_committed_event_reaches_the_inbox_without_beat(
    start_dispatcher: StartCelery, record: Callable[[int], None], count: Count
) -> None:
    worker = start_dispatcher()
    eventually(lambda: "listener_acting" in worker.log)

    record(3)

    eventually(lambda: count("cc_admin_inbox_items") == 3)
    assert count("cc_automation_events", "status = 'sent'") == 3


def test_without_the_listener_beat_and_relay_bring_events_to_the_inbox(
    start_dispatcher: StartCelery,
    start_celery: StartCelery,
    record: Callable[[int], None],
    count: Count,
) -> None:
    record(3)
    worker = start_dispatcher(AUTOMATION_NOTIFY="0")
    start_celery("beat", "--loglevel", "info", ready="celery beat v", AUTOMATION_NOTIFY="0")

    eventually(lambda: count("cc_admin_inbox_items") == 3)
    eventually(lambda: count("cc_heartbeats", "name = 'beat'") == 1)
    assert "listener_acting" not in worker.log


def test_a_killed_pool_process_loses_nothing(
    start_dispatcher: StartCelery, record: Callable[[int], None], count: Count
) -> None:
    worker = start_dispatcher()
    record(20_000)
    eventually(lambda: count("cc_admin_inbox_items") > 0)

    for child in worker.pool():
        child.kill()

    # An event that is charged with the death of its process waits for its first retry: 30 s.
    eventually(lambda: count("cc_admin_inbox_items") == 20_000, within=90)
    assert count("cc_automation_events", "status <> 'sent'") == 0


def test_of_two_listeners_one_is_active_and_the_other_takes_over(
    start_dispatcher: StartCelery, record: Callable[[int], None], count: Count
) -> None:
    first = start_dispatcher("--hostname", "first@%h")
    eventually(lambda: "listener_acting" in first.log)
    second = start_dispatcher("--hostname", "second@%h")
    assert "listener_acting" not in second.log

    for process in [*first.pool(), first.process]:
        process.kill()
    psutil.wait_procs([first.process], timeout=5)
    eventually(lambda: "listener_acting" in second.log)
    record(1)

    eventually(lambda: count("cc_admin_inbox_items") == 1)


def test_events_that_failed_at_different_times_each_come_back_without_beat(
    start_dispatcher: StartCelery, celery_app: Celery, sessions: Sessions, count: Count
) -> None:
    start_dispatcher("--concurrency", "1", AUTOMATION_NOTIFY="0", AUTOMATION_RETRY_BASE_SECONDS="2")
    for number in (1, 2):
        with sessions.begin() as session:
            session.execute(text(UNREADABLE), {"number": number})
        celery_app.send_task("dispatch.dispatch_due_events")
        eventually(lambda: count("cc_automation_events", "status = 'pending'") == 0)
        time.sleep(0.8)  # the second event is due that much later than the first

    with sessions.begin() as session:
        session.execute(text(MEND))
    eventually(lambda: count("cc_automation_events", "status = 'sent'") == 2, within=10)


def test_a_malformed_setting_stops_the_worker_with_one_sentence(
    start_celery: StartCelery,
) -> None:
    worker = start_celery("worker", ready="AUTOMATION_MAX_ATTEMPTS", AUTOMATION_MAX_ATTEMPTS="many")

    assert worker.log.strip() == (
        "The setting AUTOMATION_MAX_ATTEMPTS is malformed: input should be a valid integer, "
        "unable to parse string as an integer."
    )
