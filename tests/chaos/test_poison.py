"""Events that raise, kill, hang or can't be stored: each stands alone, each is counted."""

from math import ceil

import pytest

from tests.chaos.arena import VOLUME, Arena
from tests.chaos.conftest import Judge
from tests.workers.conftest import eventually

POISONED = "tests.chaos.poisoned"

ATTEMPTS_OF_THE_DEAD = "SELECT attempts FROM cc_automation_events WHERE dead_at IS NOT NULL"
COUNT_ATTEMPTS = "SELECT count(*) FROM cc_automation_event_attempts"
BATCHES = "SELECT count(DISTINCT coalesce(sent_at, dead_at)) FROM cc_automation_events"


@pytest.mark.parametrize("poison", ["raise", "kill", "nul", "refused"])
def test_a_poison_event_among_good_ones(arena: Arena, check_promises: Judge, poison: str) -> None:
    arena.as_superuser(
        "ALTER TABLE cc_admin_inbox_items ADD CONSTRAINT refuse CHECK (link_ref <> '/refused')"
    )
    arena.commit_events(300)
    arena.commit_events(2, report=poison)
    arena.commit_events(300)
    arena.start_beat()
    arena.start_worker(app=POISONED, AUTOMATION_MAX_ATTEMPTS="4")

    verdict = arena.recover()
    check_promises(verdict)
    assert verdict.dead == 2
    assert arena.ask(ATTEMPTS_OF_THE_DEAD) == [4, 4]


@pytest.mark.parametrize("poison", ["hang", "deaf"])
def test_an_event_that_never_returns(arena: Arena, check_promises: Judge, poison: str) -> None:
    arena.commit_events(1, report=poison)
    arena.commit_events(100)
    arena.start_beat()
    arena.start_worker(
        app=POISONED,
        AUTOMATION_MAX_ATTEMPTS="2",
        CHAOS_SOFT_TIME_LIMIT="1",
        CHAOS_TIME_LIMIT="2",
    )

    verdict = arena.recover()
    check_promises(verdict)
    assert verdict.dead == 1
    assert arena.ask(ATTEMPTS_OF_THE_DEAD) == [2]


def test_a_thousand_poison_events_hold_up_none_of_ten_thousand(
    arena: Arena, check_promises: Judge
) -> None:
    """The good ones take no more transactions than they would take alone."""
    arena.start_worker(app=POISONED, AUTOMATION_MAX_ATTEMPTS="1", CHAOS_CONCURRENCY="1")
    arena.commit_events(1)
    arena.recover()

    arena.commit_at_once(11_000, poison="raise", every=11)

    verdict = arena.recover()
    check_promises(verdict)
    assert verdict.dead == 1000
    assert arena.ask(BATCHES)[0] <= 1 + ceil(11_000 / 500)


def test_an_outage_of_every_draft_and_the_recovery(arena: Arena, check_promises: Judge) -> None:
    events = 1000 * VOLUME
    arena.commit_events(events, at_once=500)
    arena.start_beat()
    arena.start_worker(
        AUTOMATION_DISPATCHER_FORCE_FAIL="1",
        AUTOMATION_RETRY_BASE_SECONDS="1",
        AUTOMATION_MAX_ATTEMPTS="10",
    )
    eventually(lambda: arena.ask(COUNT_ATTEMPTS)[0] > 2.5 * events)
    held = arena.client.info("memory")["used_memory"]
    messages = arena.client.hlen("unacked") + arena.client.llen("dispatch")
    arena.kill("worker")
    arena.start_worker()

    check_promises(arena.recover())
    assert messages < 20
    assert held < 20_000_000


def test_events_of_a_newer_release_wait_for_the_worker_that_knows_them(
    arena: Arena, check_promises: Judge
) -> None:
    arena.commit_events(100)
    arena.as_superuser(
        "SET ROLE service_role; UPDATE cc_automation_events SET event_type = 'newer'"
    )
    arena.start_beat()
    arena.start_worker("old", AUTOMATION_MAX_ATTEMPTS="20")
    eventually(lambda: arena.ask(COUNT_ATTEMPTS)[0] >= 100)
    arena.kill("old")
    arena.start_worker("new", app="tests.chaos.newer")

    verdict = arena.recover()
    check_promises(verdict)
    assert verdict.dead == 0
