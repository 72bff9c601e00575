"""Workers and beat are killed, doubled, missing: rows, not processes, carry the promise."""

import signal

import pytest

from tests.chaos.arena import VOLUME, Arena
from tests.chaos.conftest import Judge
from tests.workers.conftest import eventually


def test_worker_children_killed_at_random_moments(arena: Arena, check_promises: Judge) -> None:
    arena.start_beat()
    arena.start_worker()
    with arena.producing():
        for _ in range(6):
            arena.pause(0.1, 0.5)
            for child in arena.process("worker").children():
                child.kill()

    check_promises(arena.recover())
    assert "WorkerLostError" in arena.log("worker")


def test_a_whole_worker_killed_and_started_again(arena: Arena, check_promises: Judge) -> None:
    arena.start_beat()
    arena.start_worker()
    with arena.producing():
        for _ in range(2):
            arena.pause(0.1, 0.6)
            arena.kill("worker")
            arena.start_worker()

    check_promises(arena.recover())


def test_a_warm_shutdown_under_load(arena: Arena, check_promises: Judge) -> None:
    arena.start_beat()
    arena.start_worker("first")
    arena.start_worker("second")
    with arena.producing():
        arena.pause(0.2, 0.5)
        arena.kill("first", signal.SIGTERM)

    check_promises(arena.recover())
    assert "Warm shutdown" in arena.log("first")


def test_two_beats_and_two_listeners(arena: Arena, check_promises: Judge) -> None:
    for name in ("one", "two"):
        arena.start_beat(f"beat-{name}")
        arena.start_worker(f"worker-{name}")
    arena.commit_events(600 * VOLUME)

    check_promises(arena.recover())
    acting = [arena.log(f"worker-{name}").count("listener_acting") for name in ("one", "two")]
    assert sorted(acting) == [0, 1]


def test_no_beat_at_all(arena: Arena, check_promises: Judge) -> None:
    arena.start_worker()
    arena.commit_events(600 * VOLUME)

    check_promises(arena.recover())


def test_no_listener_at_all(arena: Arena, check_promises: Judge) -> None:
    arena.start_beat()
    arena.start_worker(AUTOMATION_NOTIFY="0")
    arena.commit_events(600 * VOLUME)

    check_promises(arena.recover())


def test_beat_killed_in_its_tick_and_started_again(arena: Arena, check_promises: Judge) -> None:
    arena.start_worker(AUTOMATION_NOTIFY="0")
    for _ in range(3):
        arena.start_beat(AUTOMATION_RELAY_INTERVAL_SECONDS="0.1")
        arena.commit_events(100 * VOLUME)
        arena.pause(0.5, 1.5)
        arena.kill("beat")
    arena.start_beat()

    check_promises(arena.recover())


def test_a_listener_cut_off_by_the_database(arena: Arena, check_promises: Judge) -> None:
    arena.start_worker()
    eventually(lambda: "listener_acting" in arena.log("worker"))
    with arena.producing():
        arena.pause(0.1, 0.3)
        arena.terminate_backends("automation-listener")

    check_promises(arena.recover())
    eventually(lambda: arena.log("worker").count("listener_acting") == 2)
    assert "listener_cut_off" in arena.log("worker")


def test_the_clock_of_one_machine_off_by_minutes(arena: Arena, check_promises: Judge) -> None:
    arena.start_beat()
    arena.start_fresh_worker("ahead", app="tests.chaos.ahead", AUTOMATION_NOTIFY="0")
    arena.commit_events(600 * VOLUME)

    check_promises(arena.recover())


@pytest.mark.parametrize("crash", ["between_writes", "before_commit"])
def test_a_producer_killed_in_its_transaction(
    arena: Arena, check_promises: Judge, crash: str
) -> None:
    arena.start_beat()
    arena.start_worker()
    arena.commit_events(200)
    for _ in range(3):
        arena.run_producer_that_dies(crash)

    verdict = arena.recover()
    check_promises(verdict)
    assert verdict.events == 200
