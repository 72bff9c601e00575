"""A provider on loopback. Arguments: `PORT SECONDS`; it answers each message after SECONDS.

A GET returns the received messages as `[[time, job id], …]`.
"""

import asyncio
import json
import sys
import time
from asyncio import IncompleteReadError, StreamReader, StreamWriter

_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"


class Provider:
    """Accepts every message and stores its time of arrival and its job id."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._calls: list[tuple[float, int]] = []

    async def serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        """Answer the requests of one connection until its client closes it."""
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                body = await reader.readexactly(_length(head))
                answer = await self._take(body) if body else json.dumps(self._calls).encode()
                writer.write(_ANSWER % (len(answer), answer))
                await writer.drain()
        except (IncompleteReadError, ConnectionError):
            writer.close()

    async def _take(self, body: bytes) -> bytes:
        job = json.loads(body)["biz_opaque_callback_data"].partition(":")[0]
        self._calls.append((time.time(), int(job)))
        number = len(self._calls)
        await asyncio.sleep(self._seconds)
        return b'{"messages":[{"id":"wamid.benchmark%d"}]}' % number


def _length(head: bytes) -> int:
    headers = (line.lower().partition(b":") for line in head.split(b"\r\n"))
    return next((int(value) for name, _, value in headers if name == b"content-length"), 0)


async def main() -> None:
    port, seconds = int(sys.argv[1]), float(sys.argv[2])
    server = await asyncio.start_server(Provider(seconds).serve, "127.0.0.1", port)
    print("ready", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
