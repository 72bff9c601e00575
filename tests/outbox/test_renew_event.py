import pytest
from sqlalchemy import Engine, text

from app.bootstrap import Container
from app.core.database import Sessions
from app.core.errors import Conflict, NotFound
from app.dispatch.dispatch import dispatch_due
from app.outbox.events import FraudCaseCreated
from app.outbox.queries import show_event
from app.outbox.record import record_event
from app.outbox.renew_event import RetryOutcome, renew_event


@pytest.fixture
def event_id(sessions: Sessions) -> int:
    event = FraudCaseCreated(case_id=1, masked_phone="••• 0147", language="en", report="help")
    with sessions.begin() as session:
        recorded = record_event(session, event)
    assert recorded is not None
    return recorded


def fail(sessions: Sessions, *, dead: bool) -> None:
    with sessions.begin() as session:
        session.execute(
            text(
                "UPDATE cc_automation_events SET status = 'failed', attempts = 10,"
                " last_error = 'KeyError', dead_at = CASE WHEN :dead THEN now() END,"
                " next_attempt_at = CASE WHEN :dead THEN NULL ELSE now() + interval '1 h' END"
            ),
            {"dead": dead},
        )


def retry(sessions: Sessions, event_id: int) -> RetryOutcome:
    with sessions.begin() as session:
        return renew_event(session, event_id, actor="maria")


@pytest.mark.parametrize("dead", [True, False])
def test_a_retry_makes_a_failed_event_due_with_a_new_budget_and_keeps_its_error(
    sessions: Sessions,
    event_id: int,
    dead: bool,  # noqa: FBT001 - the parameter of the test
) -> None:
    fail(sessions, dead=dead)
    outcome = retry(sessions, event_id)
    event = outcome.event
    assert outcome.changed
    assert (event.status, event.attempts, event.budget) == ("pending", 0, 2)
    assert (event.dead_at, event.last_error) == (None, "KeyError")
    assert event.next_attempt_at is not None


def test_a_retried_event_reaches_the_inbox(
    container: Container, sessions: Sessions, event_id: int
) -> None:
    fail(sessions, dead=True)
    retry(sessions, event_id)
    assert dispatch_due(container.dispatcher).sent == 1


def test_a_retry_adds_a_history_entry(sessions: Sessions, event_id: int) -> None:
    fail(sessions, dead=True)
    retry(sessions, event_id)
    with sessions.begin() as session:
        [act] = show_event(session, event_id).history
    assert (act.actor, act.action, act.from_status, act.to_status) == (
        "maria",
        "retry",
        "failed",
        "pending",
    )


def test_a_retry_wakes_the_dispatcher(sessions: Sessions, event_id: int, engine: Engine) -> None:
    fail(sessions, dead=True)
    with engine.connect() as connection:
        listener = connection.connection.driver_connection
        assert listener is not None
        listener.autocommit = True
        listener.execute("LISTEN cc_automation_events")
        retry(sessions, event_id)
        heard = [each.channel for each in listener.notifies(timeout=5, stop_after=1)]
        listener.execute("UNLISTEN *")
        listener.autocommit = False
    assert heard == ["cc_automation_events"]


def test_retrying_a_pending_event_changes_nothing(sessions: Sessions, event_id: int) -> None:
    outcome = retry(sessions, event_id)
    assert not outcome.changed
    assert outcome.event.budget == 1
    with sessions.begin() as session:
        assert show_event(session, event_id).history == []


def test_retrying_twice_starts_one_new_budget(sessions: Sessions, event_id: int) -> None:
    fail(sessions, dead=True)
    assert [retry(sessions, event_id).changed for _ in range(2)] == [True, False]


def test_a_sent_event_is_a_conflict(
    container: Container, sessions: Sessions, event_id: int
) -> None:
    dispatch_due(container.dispatcher)
    with pytest.raises(Conflict, match=f"Event {event_id} was sent at"):
        retry(sessions, event_id)


def test_no_event_is_not_found(sessions: Sessions) -> None:
    with pytest.raises(NotFound, match="404"):
        retry(sessions, 404)


@pytest.fixture
def engine(container: Container) -> Engine:
    return container.engine
