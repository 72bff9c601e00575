"""A TCP proxy on loopback that holds every packet back for a while."""

import asyncio
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from queue import Queue
from threading import Thread

from devtools.stack.ports import LOOPBACK


@contextmanager
def slow_proxy(to_port: int, *, seconds: float) -> Iterator[int]:
    """Forward a free port to `to_port` with so much delay each way; yield the free port."""
    started: Queue[tuple[int, asyncio.AbstractEventLoop, asyncio.Event]] = Queue()

    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(LOOPBACK, to_port)
        with suppress(ConnectionError, asyncio.CancelledError):
            await asyncio.gather(
                _pump(reader, far_writer, seconds), _pump(far_reader, writer, seconds)
            )

    async def serve() -> None:
        stopping = asyncio.Event()
        async with await asyncio.start_server(forward, LOOPBACK, 0) as server:
            port = server.sockets[0].getsockname()[1]
            started.put((port, asyncio.get_running_loop(), stopping))
            await stopping.wait()

    thread = Thread(target=lambda: asyncio.run(serve()), name="slow-proxy")
    thread.start()
    port, loop, stopping = started.get(timeout=10)
    try:
        yield port
    finally:
        loop.call_soon_threadsafe(stopping.set)
        thread.join(timeout=10)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seconds: float) -> None:
    with closing(writer):
        while packet := await reader.read(65_536):
            await asyncio.sleep(seconds)
            writer.write(packet)
