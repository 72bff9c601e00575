"""Events that kill their worker: counted before the work, isolated, and dead-lettered."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from app.bootstrap import Container
from app.core.database import driver_connection
from app.dispatch.claim_events import UNSUSPECTED
from app.dispatch.dispatch import Dispatcher, dispatch_carefully, dispatch_due
from app.dispatch.isolate import dispatch_alone
from app.dispatch.relay import messages_needed
from tests.dispatch.conftest import Read, Record

Write = Callable[..., None]
Poison = Callable[..., None]


class ProcessKilled(BaseException):
    """Simulates the end of the process. `except Exception` does not catch it."""


@pytest.fixture
def dispatcher(container: Container) -> Dispatcher:
    """Return the dispatcher with a small batch."""
    return replace(container.dispatcher, batch_size=10)


def _die() -> None:
    raise ProcessKilled


def test_a_killed_batch_leaves_no_trace(
    dispatcher: Dispatcher, record: Record, read: Read, poison: Poison
) -> None:
    record(5)
    poison({3}, _die)

    with pytest.raises(ProcessKilled):
        dispatch_due(dispatcher)

    assert read("SELECT * FROM cc_admin_inbox_items") == []
    assert len(read("SELECT * FROM cc_automation_events WHERE status = 'pending'")) == 5


def test_a_careful_run_counts_the_attempt_of_the_event_that_killed_and_of_no_other(
    dispatcher: Dispatcher, record: Record, read: Read, poison: Poison
) -> None:
    record(5)
    poison({3}, _die)

    with pytest.raises(ProcessKilled):
        dispatch_due(dispatcher, careful=True)

    events = read(
        "SELECT status, attempts, error_fingerprint FROM cc_automation_events ORDER BY id"
    )
    assert [event["status"] for event in events] == ["sent", "sent", "failed", "pending", "pending"]
    assert (events[2]["attempts"], events[2]["error_fingerprint"]) == (1, "WorkerLost")
    assert dispatch_due(dispatcher).sent == 2


def test_a_suspect_is_left_out_of_batches_until_it_is_dead(
    dispatcher: Dispatcher, record: Record, read: Read, write: Write, poison: Poison
) -> None:
    record(3)
    poison({2}, _die)
    with pytest.raises(ProcessKilled):
        dispatch_due(dispatcher, careful=True)

    for _ in range(9):
        write("UPDATE cc_automation_events SET next_attempt_at = now() WHERE status <> 'sent'")
        with pytest.raises(ProcessKilled):
            dispatch_due(dispatcher)
    write("UPDATE cc_automation_events SET next_attempt_at = now() WHERE status <> 'sent'")
    result = dispatch_due(dispatcher)

    assert (result.sent, result.dead_lettered) == (0, 1)
    [event] = read("SELECT * FROM cc_automation_events WHERE status = 'failed'")
    assert event["attempts"] == 10
    assert event["dead_at"] is not None
    assert len(read("SELECT * FROM cc_automation_event_attempts")) == 10
    assert len(read("SELECT * FROM cc_admin_inbox_items")) == 3


def test_a_suspect_that_kills_nothing_gets_its_attempt_back(
    dispatcher: Dispatcher, record: Record, read: Read
) -> None:
    record(1)

    assert dispatch_due(dispatcher, careful=True).sent == 1

    [event] = read("SELECT * FROM cc_automation_events")
    assert (event["status"], event["attempts"], event["last_error"]) == ("sent", 0, None)
    assert read("SELECT * FROM cc_automation_event_attempts") == []


def test_a_suspect_whose_draft_raises_loses_one_attempt_and_stores_the_error(
    dispatcher: Dispatcher, record: Record, read: Read, poison: Poison
) -> None:
    def refuse() -> None:
        raise ValueError("no")

    record(1)
    poison({1}, refuse)

    assert dispatch_due(dispatcher, careful=True).failed == 1

    [event] = read("SELECT * FROM cc_automation_events")
    assert (event["attempts"], event["last_error"]) == (1, "ValueError: no")
    assert len(read("SELECT * FROM cc_automation_event_attempts")) == 1


def test_a_careful_run_records_a_refused_event_and_continues(
    dispatcher: Dispatcher, record: Record, read: Read, owner_executes: Callable[[str], None]
) -> None:
    owner_executes(
        "ALTER TABLE cc_admin_inbox_items ADD CONSTRAINT no_two"
        " CHECK (link_ref <> '/automation/cases/2')"
    )
    record(4)

    result = dispatch_due(dispatcher, careful=True)

    assert (result.sent, result.failed) == (3, 1)
    [event] = read("SELECT * FROM cc_automation_events WHERE status = 'failed'")
    assert event["attempts"] == 1
    assert event["last_error"].startswith("CheckViolation: ")
    [attempt] = read("SELECT error FROM cc_automation_event_attempts")
    assert attempt["error"] == event["last_error"]


def test_after_the_limit_is_lowered_a_waiting_event_gets_its_next_attempt(
    dispatcher: Dispatcher, record: Record, read: Read, write: Write, poison: Poison
) -> None:
    def refuse() -> None:
        raise ValueError("its own error")

    record(2)
    poison({1}, refuse)
    write(
        "UPDATE cc_automation_events SET status = 'failed', attempts = 6,"
        " last_error = 'ValueError: earlier', error_fingerprint = 'ValueError-earlier'"
    )
    policy = replace(dispatcher.rules.policy, max_attempts=3)
    lowered = replace(dispatcher, rules=replace(dispatcher.rules, policy=policy))

    result = dispatch_due(lowered, careful=True)

    assert (result.sent, result.dead_lettered) == (1, 1)
    [dead] = read("SELECT * FROM cc_automation_events WHERE dead_at IS NOT NULL")
    assert (dead["attempts"], dead["last_error"]) == (7, "ValueError: its own error")


def test_an_event_kills_the_web_only_once(
    dispatcher: Dispatcher, record: Record, read: Read, write: Write, poison: Poison
) -> None:
    record(3)
    poison({2}, _die)
    with pytest.raises(ProcessKilled):
        dispatch_carefully(dispatcher, seconds=5)
    write("UPDATE cc_automation_events SET next_attempt_at = now() WHERE status <> 'sent'")

    assert dispatch_carefully(dispatcher, seconds=5).counts() == {
        "claimed": 1,
        "sent": 1,
        "failed": 0,
        "dead_lettered": 0,
    }
    [event] = read("SELECT * FROM cc_automation_events WHERE status <> 'sent'")
    assert (event["attempts"], event["error_fingerprint"]) == (1, "WorkerLost")


def test_an_admins_retry_during_an_isolated_attempt_stays(
    dispatcher: Dispatcher, record: Record, read: Read, write: Write, poison: Poison
) -> None:
    def retried_by_hand() -> None:
        write(
            "UPDATE cc_automation_events SET status = 'pending', attempts = 0,"
            " budget = budget + 1, next_attempt_at = now()"
        )

    record(1)
    poison({1}, retried_by_hand)
    with driver_connection(dispatcher.engine) as connection:
        dispatch_alone(connection, dispatcher.rules, query=UNSUSPECTED)

    [event] = read("SELECT * FROM cc_automation_events")
    assert (event["status"], event["budget"], event["attempts"]) == ("pending", 2, 0)
    assert read("SELECT * FROM cc_admin_inbox_items") == []


def test_the_relay_needs_one_message_per_batch_and_none_without_due_events(
    dispatcher: Dispatcher, record: Record
) -> None:
    assert messages_needed(dispatcher, workers=2) == 0
    record(5)
    assert messages_needed(dispatcher, workers=2) == 1
    record(40)
    assert messages_needed(dispatcher, workers=2) == 2


def test_a_connection_is_returned_without_an_open_transaction(dispatcher: Dispatcher) -> None:
    with driver_connection(dispatcher.engine) as connection, connection.transaction():
        connection.execute("SELECT 1")
    assert dispatcher.engine.pool.checkedin() == 1  # type: ignore[attr-defined]
