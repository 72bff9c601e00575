"""The verdict of the overview: what is not well, and for how long."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from app.core.database import Sessions
from app.core.notify import LISTENER_LOCK
from app.outbound.queries import OutboundState
from app.outbox.queries import OutboxCounts
from app.periodic.heartbeat import record_heartbeat
from app.periodic.queries import RunView
from app.web.stats import Stats
from app.web.system_state import SystemState
from app.web.verdict import Fault, faults_of
from tests.web.conftest import Browser, Program

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
ALIVE = {"beat": 3.0, "outbound": 3.0, "periodic": 3.0, "notifications": 3.0}
OUTBOX = OutboxCounts(due=0, retrying=0, dead=0, oldest_due_seconds=None)
OUTBOUND = OutboundState(due=0, oldest_due_seconds=0.0, away_since=None, away_reason=None)
WELL = Stats(outbox=OUTBOX, open_items={}, beat_age_seconds=3.0, outbound=OUTBOUND)
FAILED = RunView(
    job="daily-summary",
    slot="2026-11-21",
    outcome="failed",
    error="KeyError",
    started_at=NOW - timedelta(hours=2),
    finished_at=NOW - timedelta(hours=1),
)


def faults(
    stats: Stats = WELL,
    heartbeats: Mapping[str, float] = ALIVE,
    runs: Mapping[str, RunView] | None = None,
    *,
    has_listener: bool | None = True,
) -> tuple[Fault, ...]:
    state = SystemState(
        stats=stats, heartbeats=heartbeats, runs=runs or {}, has_listener=has_listener
    )
    return faults_of(state, now=NOW)


def test_without_a_fault_all_is_well() -> None:
    assert faults() == ()
    assert faults(runs={"daily-summary": replace(FAILED, outcome="done")}) == ()


def test_a_stopped_worker_is_named_with_the_time_of_its_silence() -> None:
    stopped = faults(heartbeats=ALIVE | {"outbound": 75.0})
    assert stopped == (Fault("No worker for messages to customers answers.", 75.0),)
    assert faults(heartbeats=ALIVE | {"outbound": 59.0}) == ()


def test_a_worker_that_was_never_seen_is_named() -> None:
    unseen = {name: age for name, age in ALIVE.items() if name != "periodic"}
    assert faults(heartbeats=unseen) == (
        Fault("No worker for periodic jobs and acts on many has been seen."),
    )


@pytest.mark.parametrize("age", [None, 300.0])
def test_without_beat_the_workers_are_not_blamed(age: float | None) -> None:
    silent = dict.fromkeys(ALIVE, 300.0) if age else {}
    (fault,) = faults(replace(WELL, beat_age_seconds=age), silent)
    assert fault.text.startswith("The scheduler")
    assert fault.seconds == age


@pytest.mark.parametrize(
    "changes, text, seconds",
    [
        ({"oldest_due_seconds": 61.0}, "Messages to customers wait.", 61.0),
        (
            {"oldest_due_seconds": 900.0, "away_since": NOW - timedelta(minutes=9)},
            "WhatsApp accepts no messages; they wait.",
            540.0,
        ),
    ],
)
def test_waiting_messages_are_a_fault(changes: Any, text: str, seconds: float) -> None:
    stats = replace(WELL, outbound=replace(OUTBOUND, **changes))
    assert faults(stats) == (Fault(text, seconds),)


def test_waiting_events_dead_letters_and_failed_runs_are_faults() -> None:
    stats = replace(WELL, outbox=replace(OUTBOX, dead=2, oldest_due_seconds=90.0))
    assert faults(stats, runs={"daily-summary": FAILED}) == (
        Fault("Events wait for the dispatch.", 90.0),
        Fault("Dead letters wait for a retry or a discard."),
        Fault("The last run of the periodic job daily-summary failed.", 3600.0),
    )


def test_a_missing_listener_is_a_fault_unless_it_is_turned_off() -> None:
    assert faults(has_listener=False) == (
        Fault("No worker listens for new work; it is found about a second later."),
    )
    assert faults(has_listener=None) == ()
    assert len(faults(replace(WELL, beat_age_seconds=None), has_listener=False)) == 1


def test_the_overview_says_on_top_whether_all_is_well(admin: Browser, sessions: Sessions) -> None:
    page = admin.get("/automation/overview").text
    assert "Not all is well." in page
    assert "The scheduler, or the dispatcher, has never run." in page
    for name in ALIVE:
        record_heartbeat(sessions, name=name)
    with sessions.begin() as listener:
        listener.execute(select(func.pg_advisory_xact_lock(LISTENER_LOCK)))
        assert "All is well." in admin.get("/automation/overview").text
    assert "No worker listens for new work" in admin.get("/automation/overview").text


def test_the_api_says_what_is_not_well(program: Program, sessions: Sessions) -> None:
    for name in ALIVE:
        record_heartbeat(sessions, name=name)
    health = program.get("/api/automation/health").get_json()
    assert health["is_well"] is False
    (fault,) = health["faults"]
    assert fault["text"].startswith("No worker listens")
    assert set(health["parts"]["heartbeats"]) == set(ALIVE)
