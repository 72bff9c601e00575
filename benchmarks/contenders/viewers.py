"""Viewers with an open inbox page: they poll as `poll.js` does, and note when they see an item.

`python -m benchmarks.contenders.viewers PORT SECONDS` reads the session cookies of the viewers
from stdin, one a line. It prints JSON: the seconds of each request, how many answers had a body,
and for each item id the times at which viewers saw it.
"""

import asyncio
import json
import random
import re
import sys
import time
from dataclasses import asdict, dataclass, field

VISIBLE_SECONDS = 1.5
WARM_UP_SECONDS = 6.0
"""The process of the web has just started; requests of this time are not counted."""
_STATUS = re.compile(rb"HTTP/1.1 (\d+)")
_LENGTH = re.compile(rb"(?i)content-length: (\d+)")
_ETAG = re.compile(rb"(?i)etag: (\S+)")


@dataclass(slots=True)
class Notes:
    """What all viewers together have seen."""

    requests: list[float] = field(default_factory=list)
    bodies: int = 0
    errors: int = 0
    seen: dict[int, list[float]] = field(default_factory=dict)


def main() -> None:
    port, seconds = sys.argv[1:]
    notes = asyncio.run(_view(int(port), sys.stdin.read().split(), float(seconds)))
    json.dump(asdict(notes), sys.stdout)


async def _view(port: int, cookies: list[str], seconds: float) -> Notes:
    notes, until = Notes(), time.monotonic() + seconds
    counted_from = until - seconds + WARM_UP_SECONDS
    await asyncio.gather(*(_one(port, cookie, until, counted_from, notes) for cookie in cookies))
    return notes


async def _one(port: int, cookie: str, until: float, counted_from: float, notes: Notes) -> None:
    """Poll with one connection, which is opened again when the server has closed it."""
    await asyncio.sleep(random.random() * VISIBLE_SECONDS)
    etag, known, streams = b"", -1, None
    while time.monotonic() < until:
        started = time.monotonic()
        try:
            streams = streams or await asyncio.open_connection("127.0.0.1", port)
            etag, body = await asyncio.wait_for(_ask(*streams, cookie, etag), 10)
            if started > counted_from:
                notes.requests.append(time.monotonic() - started)
        except (OSError, EOFError, TimeoutError):
            notes.errors += streams is None
            streams = None
            continue
        if body:
            notes.bodies += 1
            newest = max((item["id"] for item in json.loads(body)["latest"]), default=0)
            if 0 <= known < newest:
                notes.seen.setdefault(newest, []).append(time.time())
            known = newest
        await asyncio.sleep(VISIBLE_SECONDS * random.uniform(0.9, 1.1))


async def _ask(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, cookie: str, etag: bytes
) -> tuple[bytes, bytes]:
    condition = b"If-None-Match: %s\r\n" % etag if etag else b""
    writer.write(
        b"GET /automation/changes HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: automation_session=%s\r\n"
        b"%s\r\n" % (cookie.encode(), condition)
    )
    head = await reader.readuntil(b"\r\n\r\n")
    status, length = _STATUS.search(head), _LENGTH.search(head)
    if status is None or status[1] not in {b"200", b"304"}:
        raise OSError(head[:60])
    has_body = status[1] == b"200" and length is not None
    body = await reader.readexactly(int(length[1])) if has_body and length else b""
    found = _ETAG.search(head)
    return found[1] if found else etag, body


if __name__ == "__main__":
    main()
