"""Task events are published later, and none is lost."""

from threading import Thread

from celery import Celery
from celery.events import EventReceiver
from kombu.asynchronous import Hub

from tests.workers.conftest import StartCelery, eventually
from workers.delayed_events import FLUSH_SECONDS, DelayedTaskEvents


class _Dispatcher:
    """What the step uses of Celery's event dispatcher."""

    enabled = True

    def __init__(self) -> None:
        self.flushes = 0
        self.on_send_buffered = self.flush

    def flush(self) -> None:
        self.flushes += 1


class _Consumer:
    """What the step reads of Celery's consumer."""

    def __init__(self) -> None:
        self.event_dispatcher = _Dispatcher()
        self.hub = Hub()


def test_events_are_published_together_and_later() -> None:
    consumer = _Consumer()
    DelayedTaskEvents(consumer).start(consumer)
    plan = consumer.event_dispatcher.on_send_buffered

    for _ in range(3):
        plan()
    planned = [entry.tref for _at, _priority, entry in consumer.hub.timer.queue]

    assert consumer.event_dispatcher.flushes == 0
    assert len(planned) == 1
    assert FLUSH_SECONDS > 0
    planned[0]()
    assert consumer.event_dispatcher.flushes == 1
    plan()
    assert len(consumer.hub.timer.queue) == 2


def test_waiting_events_are_published_when_the_consumer_stops() -> None:
    consumer = _Consumer()

    DelayedTaskEvents(consumer).stop(consumer)

    assert consumer.event_dispatcher.flushes == 1


def test_every_event_of_a_task_is_published(
    celery_app: Celery, start_dispatcher: StartCelery
) -> None:
    seen: list[str] = []
    with celery_app.connection_for_read() as connection:
        handlers = {"*": lambda event: seen.append(event["type"])}
        receiver = EventReceiver(connection, handlers=handlers, app=celery_app)
        listening = Thread(target=receiver.capture, kwargs={"timeout": 30})
        listening.start()
        start_dispatcher("--events", AUTOMATION_NOTIFY="0")

        celery_app.send_task("dispatch.heartbeat")

        eventually(lambda: {"task-received", "task-started", "task-succeeded"} <= set(seen))
        receiver.should_stop = True
        listening.join()
