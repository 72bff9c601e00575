"""An event that kills its worker is counted before the work, isolated, and dead-lettered."""

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
    """Stands for the end of the process: no `except Exception` sees it."""


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


def test_the_careful_run_charges_the_killer_and_spares_those_before_it(
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


def test_an_innocent_suspect_gets_its_try_back(
    dispatcher: Dispatcher, record: Record, read: Read
) -> None:
    record(1)

    assert dispatch_due(dispatcher, careful=True).sent == 1

    [event] = read("SELECT * FROM cc_automation_events")
    assert (event["status"], event["attempts"], event["last_error"]) == ("sent", 0, None)
    assert read("SELECT * FROM cc_automation_event_attempts") == []


def test_a_suspect_whose_draft_raises_pays_one_try_and_keeps_the_true_error(
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


def test_what_the_database_refuses_in_a_careful_run_is_recorded_and_the_others_go_on(
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


def test_under_a_smaller_budget_a_waiting_event_gets_its_attempt_and_dies_of_its_error(
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


def test_the_web_is_killed_once_by_an_event_and_leaves_it_to_the_workers_from_then_on(
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


def test_a_retry_by_hand_while_an_event_is_worked_on_alone_stands(
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


def test_the_relay_asks_for_as_many_messages_as_help_and_none_without_work(
    dispatcher: Dispatcher, record: Record
) -> None:
    assert messages_needed(dispatcher, workers=2) == 0
    record(5)
    assert messages_needed(dispatcher, workers=2) == 1
    record(40)
    assert messages_needed(dispatcher, workers=2) == 2


def test_a_lent_connection_goes_back_without_an_open_transaction(dispatcher: Dispatcher) -> None:
    with driver_connection(dispatcher.engine) as connection, connection.transaction():
        connection.execute("SELECT 1")
    assert dispatcher.engine.pool.checkedin() == 1  # type: ignore[attr-defined]
