"""Random sequences of record, dispatch, failure, admin's retry, crash and repeated message.

The states and arrows are those that `docs/architecture.md` draws.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import text

from app.bootstrap import Container
from app.core.errors import Conflict
from app.core.retry import RetryPolicy
from app.dispatch.dispatch import Dispatcher, dispatch_due
from app.dispatch.retry_event import retry_event
from app.inbox import drafts
from app.outbox.record import record_event
from tests.dispatch.conftest import a_fraud_case

MAX_ATTEMPTS = 3
NUMBERS = st.integers(1, 6)


class ProcessKilled(BaseException):
    """Simulates the end of the process. `except Exception` does not catch it."""


class Lifecycle(RuleBasedStateMachine):
    """Six events. The draft of each may succeed, raise, or kill its process."""

    container: Container
    dispatcher: Dispatcher
    moods: dict[int, str]

    def __init__(self) -> None:
        super().__init__()
        self.moods.clear()
        for table in ("cc_admin_inbox_items", "cc_automation_events"):
            self._execute(f"DELETE FROM {table}")

    @rule(number=NUMBERS)
    def record(self, number: int) -> None:
        """A producer records the fact, for the first time or again."""
        with self.container.sessions.begin() as session:
            record_event(session, a_fraud_case(number))

    @rule(number=NUMBERS)
    def crash_before_the_commit(self, number: int) -> None:
        """A producer dies with its transaction open."""
        with self.container.sessions() as session:
            record_event(session, a_fraud_case(number))
            session.rollback()

    @rule(number=NUMBERS, mood=st.sampled_from(["well", "refuses", "kills"]))
    def change_mood(self, number: int, mood: str) -> None:
        """Set whether the draft of this event succeeds, raises, or kills its process."""
        self.moods[number] = mood

    @rule(careful=st.booleans(), batch_size=st.integers(1, 4))
    def dispatch(self, *, careful: bool, batch_size: int) -> None:
        """A message arrives, and an event may kill the process."""
        with suppress(ProcessKilled):
            dispatch_due(replace(self.dispatcher, batch_size=batch_size), careful=careful)

    @rule()
    def let_time_pass(self) -> None:
        """All waits end."""
        self._execute(
            "UPDATE cc_automation_events SET next_attempt_at = now()"
            " WHERE next_attempt_at IS NOT NULL"
        )

    @rule(number=NUMBERS)
    def retry_by_hand(self, number: int) -> None:
        """An admin retries a failed event. For a sent one they get a conflict."""
        found = self._ask(
            f"SELECT id FROM cc_automation_events WHERE subject_ref = 'case:{number}'"
        )
        with self.container.sessions.begin() as session, suppress(Conflict):
            for event_id in found:
                retry_event(session, event_id, actor="admin")

    @invariant()
    def sent_is_one_item_and_anything_else_none(self) -> None:
        """A sent event has exactly one item, any other event has none."""
        assert not self._ask(
            "SELECT event.id FROM cc_automation_events AS event"
            " LEFT JOIN cc_admin_inbox_items AS item USING (dedupe_key)"
            " GROUP BY event.id HAVING count(item.id) <> (event.status = 'sent')::int"
        )

    @invariant()
    def dead_is_a_spent_budget(self) -> None:
        """An event is a dead letter after its last attempt, and the inbox has their exact count."""
        assert not self._ask(
            "SELECT id FROM cc_automation_events WHERE attempts > 3"
            " OR (dead_at IS NOT NULL AND (attempts < 3 OR next_attempt_at IS NOT NULL))"
        )
        [dead] = self._ask("SELECT count(*) FROM cc_automation_events WHERE dead_at IS NOT NULL")
        [announced] = self._ask(
            "SELECT coalesce(sum(occurrences), 0) FROM cc_admin_inbox_items"
            " WHERE type = 'automation_dead_letter'"
        )
        assert announced == dead
        [open_ones] = self._ask(
            "SELECT count(*) FROM cc_admin_inbox_items"
            " WHERE type = 'automation_dead_letter' AND (closed_at IS NULL) <> (occurrences > 0)"
        )
        assert open_ones == 0

    def teardown(self) -> None:
        """When all drafts succeed and dead letters are retried, every event becomes an item."""
        self.moods.clear()
        for number in range(1, 7):
            self.retry_by_hand(number)
        self.let_time_pass()
        dispatch_due(self.dispatcher)
        self.sent_is_one_item_and_anything_else_none()
        assert not self._ask("SELECT id FROM cc_automation_events WHERE status <> 'sent'")

    def _execute(self, statement: str) -> None:
        with self.container.sessions.begin() as session:
            session.execute(text(statement))

    def _ask(self, query: str) -> list[Any]:
        with self.container.sessions.begin() as session:
            return list(session.scalars(text(query)))


@pytest.fixture
def moods() -> Iterator[dict[int, str]]:
    """Return the behaviour of the draft of each event."""
    table: dict[int, str] = {}
    severity, original = drafts._FUNCTIONS["fraud_case_created"]

    def draft(payload: drafts.Payload) -> drafts.Wording:
        match table.get(payload["case_id"]):
            case "refuses":
                raise ValueError("not today")
            case "kills":
                raise ProcessKilled
        return original(payload)

    drafts._FUNCTIONS["fraud_case_created"] = (severity, draft)
    yield table
    drafts._FUNCTIONS["fraud_case_created"] = (severity, original)


def test_every_interleaving_keeps_the_promises(container: Container, moods: dict[int, str]) -> None:
    policy = RetryPolicy(max_attempts=MAX_ATTEMPTS, base_seconds=60, cap_seconds=60)
    rules = replace(container.dispatcher.rules, policy=policy)
    machine = type(
        "LifecycleHere",
        (Lifecycle,),
        {
            "container": container,
            "dispatcher": replace(container.dispatcher, rules=rules),
            "moods": moods,
        },
    )
    run_state_machine_as_test(
        machine,
        settings=hypothesis_settings(
            max_examples=60,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
