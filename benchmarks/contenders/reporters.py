"""Customers who report fraud concurrently: `http URL SECRET FIRST COUNT` or `direct FIRST COUNT`.

Prints the seconds that all reports took. `http` posts signed webhooks. `direct` runs the
intake's transaction in this process, with the settings of the environment.
"""

import hmac
import http.client
import json
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import local
from urllib.parse import urlsplit

from app.bootstrap import build
from app.core.settings import Settings
from app.fraud.customer_messages import CustomerMessage
from app.fraud.intake import receive
from app.inbound.envelope import read_parts

REPORTERS = 8


def main() -> None:
    how, *arguments = sys.argv[1:]
    *place, first, count = arguments
    report = _post(*place) if how == "http" else _direct()
    bodies = [_body(number) for number in range(int(first), int(first) + int(count))]
    with ThreadPoolExecutor(REPORTERS) as pool:
        started = time.perf_counter()
        list(pool.map(report, bodies))
        print(time.perf_counter() - started)


def _body(number: int) -> bytes:
    message = {
        "id": f"wamid.benchmark{number}",
        "from": f"346{number:08d}",
        "timestamp": str(int(time.time())),
        "type": "text",
        "text": {"body": "I think there's fraud on my account, money is gone."},
    }
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "15550000001", "phone_number_id": "1"},
        "contacts": [{"wa_id": message["from"], "profile": {"name": "Ana"}}],
        "messages": [message],
    }
    entry = {"id": "1", "changes": [{"field": "messages", "value": value}]}
    return json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode()


def _direct() -> Callable[[bytes], None]:
    container = build(Settings.load(), process="reporters")

    def take_in(body: bytes) -> None:
        [message] = [part.content for part in read_parts(body)]
        if not isinstance(message, CustomerMessage):
            raise TypeError("The benchmark's own message was not understood.")
        with container.sessions.begin() as session:
            receive(
                session,
                message,
                vault=container.vault,
                now=container.clock(),
                limits=container.inbound.limits,
            )

    return take_in


def _post(url: str, secret: str) -> Callable[[bytes], None]:
    return partial(_post_once, connections=local(), url=url, secret=secret)


def _post_once(body: bytes, *, connections: local, url: str, secret: str) -> None:
    parts = urlsplit(url)
    if not hasattr(connections, "own"):
        connections.own = http.client.HTTPConnection(parts.netloc)
    signature = hmac.digest(secret.encode(), body, "sha256").hex()
    headers = {"Content-Type": "application/json", "X-Hub-Signature-256": f"sha256={signature}"}
    connections.own.request("POST", parts.path, body, headers)
    response = connections.own.getresponse()
    answer = response.read()
    if response.status != http.client.OK:
        raise AssertionError(f"The webhook answered {response.status}: {answer!r}")


if __name__ == "__main__":
    main()
