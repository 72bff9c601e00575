"""Senders: they limit the queue depth, and read it only when necessary."""

from typing import Any

from celery import Celery
from kombu import Connection

from workers.sender import WAITING_LIMIT, Sender

TASK = "dispatch.dispatch_due_events"


def _waiting(celery_app: Celery) -> int:
    with celery_app.connection_for_read() as connection:
        return int(_redis(connection).llen("dispatch"))


def _looks(celery_app: Celery) -> int:
    with celery_app.connection_for_read() as connection:
        stats = _redis(connection).info("commandstats")
    return int(stats.get("cmdstat_llen", {}).get("calls", 0))


def _redis(connection: Connection) -> Any:
    channel: Any = connection.default_channel
    return channel.client


def test_a_queue_without_workers_gets_no_more_messages_than_its_limit(celery_app: Celery) -> None:
    sender = Sender(celery_app)

    for _ in range(3 * WAITING_LIMIT):
        sender.send(TASK)
    sender.send(TASK, times=3 * WAITING_LIMIT)

    assert _waiting(celery_app) == WAITING_LIMIT


def test_a_queue_with_room_again_takes_messages_again(celery_app: Celery) -> None:
    sender = Sender(celery_app)
    sender.send(TASK, times=2 * WAITING_LIMIT)
    celery_app.control.purge()

    sender.send(TASK)

    assert _waiting(celery_app) == 1


def test_a_sender_reads_the_depth_again_when_the_room_is_used(celery_app: Celery) -> None:
    sender = Sender(celery_app)
    sender.send(TASK)
    before = _looks(celery_app)

    for _ in range(WAITING_LIMIT - 1):
        sender.send(TASK)

    assert _looks(celery_app) == before


def test_a_sender_that_has_read_the_depth_ahead_sends_at_once(celery_app: Celery) -> None:
    sender = Sender(celery_app)
    for _ in range(WAITING_LIMIT):
        sender.send(TASK)
    celery_app.control.purge()
    sender.look_ahead(TASK)
    before = _looks(celery_app)

    sender.send(TASK)

    assert _looks(celery_app) == before
    assert _waiting(celery_app) == 1


def test_a_channel_keeps_one_client_for_its_commands(celery_app: Celery) -> None:
    with celery_app.connection_for_write() as connection:
        channel: Any = connection.default_channel
        with channel.conn_or_acquire() as first, channel.conn_or_acquire() as second:
            assert first is second
        with channel.conn_or_acquire(channel.client) as handed_in:
            assert handed_in is channel.client
