"""The broker is flushed, restarted empty, away, slow, flooded: it is disposable."""

from tests.chaos.arena import VOLUME, Arena
from tests.chaos.conftest import Judge
from tests.chaos.proxy import slow_proxy
from tests.workers.conftest import eventually
from workers.beat import QUEUE_LIMIT


def test_the_broker_flushed_again_and_again(arena: Arena, check_promises: Judge) -> None:
    arena.start_beat()
    arena.start_worker()
    with arena.producing():
        for _ in range(10):
            arena.pause(0.05, 0.3)
            arena.client.flushall()

    check_promises(arena.recover())


def test_the_broker_restarted_empty(arena: Arena, check_promises: Judge) -> None:
    arena.start_beat()
    arena.start_worker()
    arena.commit_events(1)
    arena.recover()  # the worker is connected; one that starts without a broker may end
    with arena.producing():
        arena.pause(0.2, 0.6)
        arena.servers.kill("broker")
        arena.servers.start_missing()

    check_promises(arena.recover())
    assert "Connection to broker lost" in arena.log("worker")


def test_the_broker_away_for_a_while(arena: Arena, check_promises: Judge) -> None:
    arena.start_beat()
    arena.start_worker()
    arena.commit_events(10)
    arena.recover()
    arena.pause(1, 2)
    arena.servers.kill("broker")
    arena.commit_events(500)
    arena.pause(2, 4)
    arena.servers.start_missing()

    check_promises(arena.recover())
    assert "broker_away" in arena.log("worker")
    assert "broker_away" in arena.log("beat")
    arena.commit_events(10)
    assert arena.recover().keeps_the_promises


def test_a_broker_that_answers_late(arena: Arena, check_promises: Judge) -> None:
    with slow_proxy(arena.valkey.port, seconds=0.05) as port:
        broker = f"redis://127.0.0.1:{port}/0"
        arena.start_beat(CELERY_BROKER_URL=broker)
        arena.start_worker(CELERY_BROKER_URL=broker)
        arena.commit_events(300 * VOLUME)

        check_promises(arena.recover())


def test_messages_doubled_by_the_hundred(arena: Arena, check_promises: Judge) -> None:
    arena.start_worker()
    for _ in range(300 * VOLUME):
        arena.send("dispatch.dispatch_due_events")
        arena.send("dispatch.relay")
    arena.commit_events(300 * VOLUME)

    check_promises(arena.recover())
    eventually(lambda: arena.client.llen("dispatch") == 0)


def test_messages_of_an_older_release(arena: Arena, check_promises: Judge) -> None:
    arena.start_worker()
    arena.send("dispatch.dispatch_due_events", [1, 2, 3])
    arena.send("dispatch.a_task_of_yesterday")
    arena.commit_events(200)

    check_promises(arena.recover())
    assert "a_task_of_yesterday" in arena.log("worker")


def test_queues_stay_short_while_nobody_works(arena: Arena, check_promises: Judge) -> None:
    arena.start_beat(AUTOMATION_RELAY_INTERVAL_SECONDS="0.1")
    arena.commit_events(500)
    eventually(lambda: "beat_held_back" in arena.log("beat"))
    waiting = arena.client.llen("dispatch")
    arena.start_worker()

    check_promises(arena.recover())
    assert waiting <= QUEUE_LIMIT
