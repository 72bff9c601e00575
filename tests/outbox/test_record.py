"""Recording events: once per fact, and only with the business transaction."""

from dataclasses import dataclass
from typing import ClassVar

import pytest
from sqlalchemy import select

from app.core.database import Sessions
from app.outbox.events import CATALOGUE, Event, FraudCaseCreated, OutboundFailedMaxAttempts
from app.outbox.models import AutomationEvent
from app.outbox.record import UnregisteredEvent, record_event

CASE = FraudCaseCreated(
    case_id=42, masked_phone="••• 4567", language="en", report="call me on +34 600 111 222"
)


def test_a_recorded_event_is_due_at_once_and_redacted(sessions: Sessions) -> None:
    with sessions.begin() as session:
        event_id = record_event(session, CASE)

    with sessions.begin() as session:
        event = session.scalars(select(AutomationEvent)).one()
        assert event.id == event_id
        assert (event.status, event.attempts, event.budget) == ("pending", 0, 1)
        assert event.dedupe_key == "fraud_case_created:42"
        assert event.subject_ref == "case:42"
        assert event.payload["report"] == "call me on ••• 1222"
        assert event.next_attempt_at == event.created_at


def test_recording_a_fact_twice_writes_one_event_and_returns_none(sessions: Sessions) -> None:
    with sessions.begin() as session:
        first = record_event(session, CASE)
        second = record_event(session, CASE)

    assert first is not None
    assert second is None


def test_an_event_of_a_rolled_back_transaction_does_not_exist(sessions: Sessions) -> None:
    with sessions() as session:
        record_event(session, CASE)
        session.rollback()

    with sessions.begin() as session:
        assert session.scalars(select(AutomationEvent)).all() == []


def test_an_unregistered_event_is_refused(sessions: Sessions) -> None:
    @dataclass(frozen=True, slots=True, kw_only=True)
    class Stranger(Event):
        event_type: ClassVar[str] = "stranger"

    with sessions.begin() as session, pytest.raises(UnregisteredEvent, match="Stranger"):
        record_event(session, Stranger())


def test_a_job_that_fails_again_after_an_admins_retry_is_a_new_fact() -> None:
    first = OutboundFailedMaxAttempts(job_id=7, masked_phone="•••", attempts=5, reason="r")
    second = OutboundFailedMaxAttempts(
        job_id=7, masked_phone="•••", attempts=5, reason="r", budget=2
    )

    assert first.dedupe_key == "outbound_failed_max_attempts:7"
    assert second.dedupe_key == "outbound_failed_max_attempts:7:2"


def test_the_catalogue_contains_each_type_by_its_name() -> None:
    assert all(event.event_type == name for name, event in CATALOGUE.items())
    assert {"fraud_case_created", "outbound_failed_max_attempts"} <= set(CATALOGUE)
