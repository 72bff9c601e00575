"""The fixtures of the dispatch tests, which record events and read rows."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from app.core.database import Sessions
from app.inbox import drafts
from app.outbox.events import FraudCaseCreated
from app.outbox.record import record_event

Read = Callable[..., list[dict[str, Any]]]
Record = Callable[[int], list[int]]


@pytest.fixture
def read(sessions: Sessions) -> Read:
    """Return a function that runs a query and returns its rows as dictionaries."""

    def run(query: str, **values: Any) -> list[dict[str, Any]]:
        with sessions.begin() as session:
            return [dict(row) for row in session.execute(text(query), values).mappings()]

    return run


@pytest.fixture
def write(sessions: Sessions) -> Callable[..., None]:
    """Return a function that runs one statement in a transaction of its own."""

    def run(statement: str, **values: Any) -> None:
        with sessions.begin() as session:
            session.execute(text(statement), values)

    return run


@pytest.fixture
def record(sessions: Sessions) -> Record:
    """Return a function that records events of fraud cases and returns their ids."""

    def run(count: int) -> list[int]:
        with sessions.begin() as session:
            first = session.scalar(text("SELECT count(*) FROM cc_automation_events")) or 0
            ids = [
                record_event(session, a_fraud_case(number))
                for number in range(first + 1, first + count + 1)
            ]
        return [event_id for event_id in ids if event_id is not None]

    return run


@pytest.fixture
def poison(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Return a function that makes the draft of chosen fraud cases run other code first."""
    severity, original = drafts._FUNCTIONS["fraud_case_created"]

    def run(case_ids: set[int], act: Callable[[], object]) -> None:
        def draft(payload: drafts.Payload) -> drafts.Wording:
            if payload["case_id"] in case_ids:
                outcome = act()
                if isinstance(outcome, drafts.Wording):
                    return outcome
            return original(payload)

        monkeypatch.setitem(drafts._FUNCTIONS, "fraud_case_created", (severity, draft))

    return run


def a_fraud_case(number: int) -> FraudCaseCreated:
    """Return the event of the fraud case with this id."""
    return FraudCaseCreated(
        case_id=number, masked_phone="••• 4567", language="en", report="I see charges I don't know."
    )


@pytest.fixture
def owner_executes(database_urls: tuple[str, str]) -> Callable[[str], None]:
    """Return a function that runs one statement as the owner of the schema."""

    def run(statement: str) -> None:
        engine = create_engine(database_urls[1])
        with engine.begin() as connection:
            connection.execute(text(statement))
        engine.dispose()

    return run
