"""Retries and discards of failed events and messages, one by one and in groups."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text

from app.bootstrap import Container
from app.bulk.bulk_actions import Arguments, FailureAction
from app.bulk.control_job import start_job
from app.bulk.models import JobStatus
from app.bulk.plan_failures import plan_events, plan_messages
from app.bulk.queries import BulkJobView, list_skipped, show_bulk_job
from app.bulk.run_jobs import run_bulk_jobs
from app.core.database import Sessions
from app.core.errors import Conflict, InvalidInput
from app.dispatch.discard_event import discard_event
from app.dispatch.dispatch import dispatch_due
from app.dispatch.retry_event import retry_event
from app.outbound.discard_job import discard_job
from app.outbound.failed_messages import failed_messages
from app.outbound.queries import JobFilter
from app.outbound.retry_job import retry_job
from app.outbox.failure_groups import failure_groups
from app.outbox.queries import EventFilter, count_outbox
from tests.dispatch.conftest import Read, Record

ALIKE = EventFilter(event_type="fraud_case_created", error_fingerprint="KeyError-1")

EXHAUST = """
UPDATE cc_automation_events SET attempts = 9, next_attempt_at = now()
WHERE next_attempt_at IS NOT NULL
"""
ADD_MESSAGES = """
WITH customer AS (
    INSERT INTO cc_customers (number_encrypted, number_fingerprint, masked)
    VALUES ('x', :error, '••• 0147') RETURNING id
)
INSERT INTO cc_outbound_jobs
    (kind, status, customer_id, text_encrypted, attempts, next_attempt_at, failed_at, last_error)
SELECT 'text', 'failed', customer.id, 'x', 5, NULL, now(), :error
FROM customer, generate_series(1, :count)
"""


@pytest.fixture
def die(
    container: Container, record: Record, write: Callable[..., None], poison: Callable[..., None]
) -> Callable[[int], list[int]]:
    """Return a function that makes events die of one error; they can be dispatched afterwards."""

    def run(count: int) -> list[int]:
        def fail() -> None:
            raise KeyError("masked_phone")

        ids = record(count)
        write(EXHAUST)
        poison(set(range(1, 1_000)), fail)
        dispatch_due(container.dispatcher)
        poison(set(), fail)
        write("UPDATE cc_automation_events SET error_fingerprint = 'KeyError-1'")
        return ids

    return run


def show(sessions: Sessions, job_id: int) -> BulkJobView:
    with sessions.begin() as session:
        return show_bulk_job(session, job_id)


def start(sessions: Sessions, plan: Any, action: FailureAction, **options: Any) -> int:
    with sessions.begin() as session:
        job = plan(session, action, author="maria", **options)
        return start_job(session, job.id, actor="maria").id


def due_now(write: Callable[..., None]) -> None:
    write("UPDATE cc_bulk_jobs SET next_at = now() WHERE next_at IS NOT NULL")


def test_a_group_is_retried_one_first_and_the_others_when_that_one_is_sent(
    container: Container, die: Callable[[int], list[int]], read: Read, write: Callable[..., None]
) -> None:
    die(40)
    job_id = start(container.sessions, plan_events, FailureAction.RETRY, wanted=ALIKE)

    run_bulk_jobs(container.sessions)
    assert show(container.sessions, job_id).done == 1
    due_now(write)
    run_bulk_jobs(container.sessions)
    assert show(container.sessions, job_id).done == 1

    assert dispatch_due(container.dispatcher).sent == 1
    due_now(write)
    run_bulk_jobs(container.sessions)

    job = show(container.sessions, job_id)
    assert (job.status, job.done, job.skipped) == (JobStatus.DONE, 40, 0)
    assert dispatch_due(container.dispatcher).sent == 39
    [item] = read("SELECT status, occurrences FROM cc_admin_inbox_items WHERE type LIKE 'auto%'")
    assert item == {"status": "resolved", "occurrences": 0}
    entries = "SELECT count(*) FROM cc_automation_event_activity WHERE actor = 'maria'"
    assert read(entries) == [{"count": 40}]


def test_when_the_first_retry_fails_the_run_stops_and_the_others_keep_their_attempts(
    container: Container,
    die: Callable[[int], list[int]],
    read: Read,
    write: Callable[..., None],
    poison: Callable[..., None],
) -> None:
    ids = die(3)
    job_id = start(container.sessions, plan_events, FailureAction.RETRY, wanted=ALIKE)
    run_bulk_jobs(container.sessions)

    def fail() -> None:
        raise KeyError("masked_phone")

    poison(set(range(1, 9)), fail)
    dispatch_due(container.dispatcher)
    due_now(write)
    run_bulk_jobs(container.sessions)

    job = show(container.sessions, job_id)
    assert (job.status, job.done, job.waiting) == (JobStatus.STOPPED, 1, 2)
    assert job.stop_reason is not None
    assert job.stop_reason.startswith(f"Event {ids[0]} failed again: KeyError")
    budgets = read("SELECT budget FROM cc_automation_events ORDER BY id")
    assert [row["budget"] for row in budgets] == [2, 1, 1]


def test_an_event_that_a_worker_is_trying_alone_is_awaited(
    container: Container, die: Callable[[int], list[int]], write: Callable[..., None]
) -> None:
    die(2)
    job_id = start(container.sessions, plan_events, FailureAction.RETRY, wanted=ALIKE)
    run_bulk_jobs(container.sessions)
    write(
        "UPDATE cc_automation_events SET status = 'failed', attempts = 1,"
        " error_fingerprint = 'WorkerLost' WHERE status = 'pending'"
    )
    due_now(write)
    run_bulk_jobs(container.sessions)
    assert show(container.sessions, job_id).status == JobStatus.RUNNING

    write(
        "UPDATE cc_automation_events SET updated_at = now() - interval '2 min'"
        " WHERE error_fingerprint = 'WorkerLost'"
    )
    due_now(write)
    run_bulk_jobs(container.sessions)
    assert show(container.sessions, job_id).status == JobStatus.STOPPED


def test_an_event_that_somebody_retried_since_the_plan_is_skipped(
    container: Container, die: Callable[[int], list[int]], write: Callable[..., None]
) -> None:
    ids = die(2)
    job_id = start(container.sessions, plan_events, FailureAction.RETRY, ids=[*ids, 99])
    with container.sessions.begin() as session:
        retry_event(session, ids[0], actor="bea")

    run_bulk_jobs(container.sessions)
    dispatch_due(container.dispatcher)
    due_now(write)
    run_bulk_jobs(container.sessions)

    with container.sessions.begin() as session:
        reasons = {each.target_id: each.reason for each in list_skipped(session, job_id).items}
    assert reasons == {
        99: "There is no event 99.",
        ids[0]: f"Event {ids[0]} was retried in the meantime; look at it again.",
    }
    assert show(container.sessions, job_id).status == JobStatus.DONE


def test_discarded_events_leave_groups_counts_and_announcement_and_can_be_retried_later(
    container: Container, die: Callable[[int], list[int]], read: Read
) -> None:
    ids = die(3)
    with container.sessions.begin() as session:
        [group] = failure_groups(session)
        assert (group.count, group.dead, group.error_fingerprint) == (3, 3, "KeyError-1")
        assert group.last_error is not None
        assert group.last_error.startswith("KeyError")
        discarded = discard_event(session, ids[0], actor="maria", reason="A test.")
        assert discarded.discarded_by == "maria"
        assert count_outbox(session).dead == 2
    with container.sessions.begin() as session, pytest.raises(Conflict, match="discarded by maria"):
        discard_event(session, ids[0], actor="bea", reason="Again.")

    arguments = Arguments(reason="Sent by hand.")
    options = {"wanted": ALIKE, "arguments": arguments}
    start(container.sessions, plan_events, FailureAction.DISCARD, **options)
    run_bulk_jobs(container.sessions)

    announced = "SELECT status, occurrences FROM cc_admin_inbox_items"
    assert read(announced) == [{"status": "resolved", "occurrences": 0}]
    with container.sessions.begin() as session:
        assert failure_groups(session) == []
        retry_event(session, ids[0], actor="maria")
    assert read(announced) == [{"status": "resolved", "occurrences": 0}]
    assert dispatch_due(container.dispatcher).sent == 1
    history = read(
        f"SELECT action, note FROM cc_automation_event_activity WHERE event_id = {ids[0]}"
    )
    assert history == [
        {"action": "discard", "note": "A test."},
        {"action": "retry", "note": None},
    ]


def test_a_discard_needs_a_reason_and_a_dead_letter(sessions: Sessions, record: Record) -> None:
    [event_id] = record(1)
    with sessions.begin() as session, pytest.raises(Conflict, match="only a dead letter"):
        discard_event(session, event_id, actor="maria", reason="A test.")
    with pytest.raises(InvalidInput, match="reason of the discard"):
        start(sessions, plan_events, FailureAction.DISCARD, ids=[event_id])


def test_groups_of_events_are_told_apart_by_type_and_error(
    sessions: Sessions, die: Callable[[int], list[int]], write: Callable[..., None]
) -> None:
    ids = die(4)
    write(f"UPDATE cc_automation_events SET error_fingerprint = NULL WHERE id = {ids[0]}")
    write(f"UPDATE cc_automation_events SET event_type = 'a_type' WHERE id = {ids[1]}")
    with sessions.begin() as session:
        groups = failure_groups(session)
    assert {(each.event_type, each.error_fingerprint): each.count for each in groups} == {
        ("fraud_case_created", "KeyError-1"): 2,
        ("a_type", "KeyError-1"): 1,
        ("fraud_case_created", ""): 1,
    }
    assert groups[0].count == 2


def test_failed_messages_are_grouped_retried_and_discarded_like_events(
    sessions: Sessions, write: Callable[..., None], read: Read
) -> None:
    write(ADD_MESSAGES, error="Blocked.", count=3)
    write(ADD_MESSAGES, error="No template.", count=2)
    with sessions.begin() as session:
        groups = failed_messages(session)
    assert [(each.last_error, each.count) for each in groups] == [
        ("Blocked.", 3),
        ("No template.", 2),
    ]

    blocked = JobFilter(last_error="Blocked.")
    job_id = start(sessions, plan_messages, FailureAction.RETRY, wanted=blocked)
    run_bulk_jobs(sessions)
    assert show(sessions, job_id).done == 1
    write(
        "UPDATE cc_outbound_jobs SET status = 'sent', sent_at = now(), next_attempt_at = NULL"
        " WHERE status = 'queued'"
    )
    due_now(write)
    run_bulk_jobs(sessions)
    assert show(sessions, job_id).status == JobStatus.DONE

    arguments = Arguments(reason="The customer was called.")
    options = {"wanted": JobFilter(last_error="No template."), "arguments": arguments}
    start(sessions, plan_messages, FailureAction.DISCARD, **options)
    run_bulk_jobs(sessions)
    with sessions.begin() as session:
        assert failed_messages(session) == []
    [first, _] = read(
        "SELECT id, discarded_by, discard_reason FROM cc_outbound_jobs"
        " WHERE discarded_at IS NOT NULL ORDER BY id"
    )
    assert first["discard_reason"] == "The customer was called."
    with sessions.begin() as session, pytest.raises(Conflict, match="discarded by maria"):
        discard_job(session, first["id"], actor="bea", reason="Again.")
    with sessions.begin() as session:
        assert retry_job(session, first["id"], actor="maria").discarded_at is None


def test_a_message_that_fails_again_stops_its_group(
    sessions: Sessions, write: Callable[..., None]
) -> None:
    write(ADD_MESSAGES, error="Blocked.", count=3)
    job_id = start(sessions, plan_messages, FailureAction.RETRY, wanted=JobFilter())
    run_bulk_jobs(sessions)
    write("UPDATE cc_outbound_jobs SET attempts = 1, last_error = 'Still.' WHERE status = 'queued'")
    due_now(write)
    run_bulk_jobs(sessions)
    job = show(sessions, job_id)
    assert (job.status, job.waiting) == (JobStatus.STOPPED, 2)
    assert job.stop_reason is not None
    assert job.stop_reason.endswith("failed again: Still.")


def test_the_groups_are_read_from_the_partial_index(sessions: Sessions) -> None:
    with sessions.begin() as session:
        session.execute(text("SET LOCAL enable_seqscan = off"))
        for module in ("app.outbox.failure_groups", "app.outbound.failed_messages"):
            query = __import__(module, fromlist=["_GROUPS"])._GROUPS
            plan = session.execute(
                text(f"EXPLAIN {query}"), {"groups": 100, "cap": 1_000}
            ).scalars()
            assert "_failures" in "".join(plan)
