"""The transport for Redis survives what happens to the broker."""

from contextlib import suppress
from pathlib import Path

from kombu import Connection, Message, Queue

from devtools.stack.servers import start_valkey
from workers.redis_transport import Transport


def test_a_connection_to_a_lost_broker_is_closed_with_a_message_unacknowledged(
    tmp_path: Path,
) -> None:
    """As celery does it: with `collect` and then `close`. An error here ends the worker."""
    queue, received = Queue("dispatch"), list[Message]()
    with start_valkey(tmp_path) as server:
        connection = Connection(server.url, transport=Transport)
        channel = connection.default_channel
        connection.Producer(channel).publish("hint", routing_key=queue.name, declare=[queue])
        connection.Consumer(queue, channel, on_message=received.append).consume()
        connection.Consumer(Queue("commands"), connection.channel()).consume()
        connection.drain_events(timeout=5)
        with suppress(TimeoutError):
            connection.drain_events(timeout=0.1)  # a BRPOP is under way from now on
    connection.collect(socket_timeout=1)
    connection.close()
    assert len(received) == 1
    assert channel.closed  # type: ignore[attr-defined]
