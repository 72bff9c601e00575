"""The database is restarted, cut off, locked, full: it gives rows back, and work is retried."""

import signal

import psycopg

from tests.chaos.arena import Arena
from tests.chaos.conftest import Judge
from tests.chaos.verdict import Verdict
from tests.workers.conftest import eventually


def test_the_database_crashed_and_restarted_in_the_middle(
    arena: Arena, check_promises: Judge
) -> None:
    arena.start_beat()
    arena.start_worker()
    with arena.producing():
        arena.pause(0.2, 0.6)
        arena.servers.kill("postgres", signal.SIGQUIT)
        arena.pause(0.5, 1.5)
        arena.servers.start_missing()

    check_promises(arena.recover())
    assert "listener_cut_off" in arena.log("worker")


def test_worker_connections_terminated_again_and_again(arena: Arena, check_promises: Judge) -> None:
    arena.start_beat()
    arena.start_worker()
    with arena.producing():
        cut = 0
        for _ in range(10):
            arena.pause(0.05, 0.2)
            cut += arena.terminate_backends("automation-worker")

    check_promises(arena.recover())
    assert cut > 0


def test_a_deadlock(arena: Arena, check_promises: Judge) -> None:
    """Another session locks an event and the inbox against the order of dispatch."""
    arena.start_beat()
    with arena.rival() as rival:
        arena.commit_events(200)
        rival.execute("SET statement_timeout = '20s'")
        rival.execute("LOCK TABLE cc_admin_inbox_items IN SHARE MODE")
        arena.start_worker()
        eventually(lambda: _waits_for_a_lock(arena))
        deadlocked = _deadlocks(rival)

    check_promises(arena.recover())
    assert deadlocked or "DeadlockDetected" in arena.log("worker")


def test_a_lock_that_outlasts_the_lock_timeout(arena: Arena, check_promises: Judge) -> None:
    arena.start_beat()
    with arena.rival() as rival:
        rival.execute("LOCK TABLE cc_admin_inbox_items IN ACCESS EXCLUSIVE MODE")
        arena.start_worker()
        arena.commit_events(200)
        eventually(lambda: "LockNotAvailable" in arena.log("worker"))
        rival.rollback()

    check_promises(arena.recover())
    with arena.container.engine.connect() as connection:
        tried = connection.exec_driver_sql("SELECT count(*) FROM cc_automation_event_attempts")
        assert tried.scalar_one() == 0


def test_a_database_that_refuses_every_write_for_a_while(
    arena: Arena, check_promises: Judge
) -> None:
    """As a full disk does: reads go on, and each write of the workers ends in an error."""
    arena.start_beat()
    arena.start_worker()
    arena.commit_events(300)
    arena.recover()
    role = f"ROLE automation_app IN DATABASE {arena.container.engine.url.database}"
    arena.as_superuser(f"ALTER {role} SET default_transaction_read_only = on")
    arena.terminate_backends("automation-worker")
    arena.commit_events(200)
    eventually(lambda: "ReadOnlySqlTransaction" in arena.log("worker"))
    waiting = Verdict.of(arena.container.engine).waiting
    arena.as_superuser(f"ALTER {role} RESET default_transaction_read_only")
    arena.terminate_backends("automation-worker")

    check_promises(arena.recover())
    assert waiting == 200


def _deadlocks(rival: psycopg.Connection) -> bool:
    """Take the locks in the other order; tell whether this side was the victim."""
    try:
        rival.execute("UPDATE cc_automation_events SET subject_ref = subject_ref")
    except psycopg.errors.DeadlockDetected:
        rival.rollback()
        return True
    rival.rollback()
    return False


def _waits_for_a_lock(arena: Arena) -> bool:
    with psycopg.connect(arena.postgres.superuser_dsn) as connection:
        row = connection.execute("SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
        return row.rowcount > 0
