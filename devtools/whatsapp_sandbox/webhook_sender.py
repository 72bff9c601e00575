"""Sends signed webhooks to the product: at once, or in the background with retries."""

import hashlib
import hmac
import json
import queue
import threading
from typing import Any

import httpx

from app.core.tls import tls_context

MAX_WAITING = 10_000
ATTEMPTS = 6
FIRST_RETRY_SECONDS = 0.25
TIMEOUT_SECONDS = 10.0


class WebhookSender:
    """Signs each body with the app secret and posts it to `webhook_url`. Thread-safe."""

    def __init__(self, *, webhook_url: str, app_secret: str) -> None:
        self._url = webhook_url
        self._secret = app_secret.encode()
        self._http = httpx.Client(verify=tls_context(), timeout=TIMEOUT_SECONDS)
        self._closing = threading.Event()
        self._waiting: queue.Queue[dict[str, Any] | None] = queue.Queue(MAX_WAITING)
        self._thread = threading.Thread(target=self._deliver, name="webhook-sender", daemon=True)
        self._thread.start()

    def post(self, payload: dict[str, Any]) -> str | None:
        """Post once; return None if the answer is a success, otherwise the error as a sentence."""
        body = json.dumps(payload).encode()
        signature = hmac.new(self._secret, body, hashlib.sha256).hexdigest()
        headers = {
            "Content-Type": "application/json",
            "X-Hub-Signature-256": f"sha256={signature}",
        }
        try:
            response = self._http.post(self._url, content=body, headers=headers)
        except httpx.HTTPError:
            return "The application can't be reached."
        if response.is_success:
            return None
        return f"The application answered {response.status_code}."

    def post_later(self, payload: dict[str, Any]) -> None:
        """Post in the background, in order, with retries for about 8 seconds."""
        self._waiting.put(payload)

    def close(self) -> None:
        """Post each waiting payload at most once more, then stop."""
        self._closing.set()
        self._waiting.put(None)
        self._thread.join()
        self._http.close()

    def _deliver(self) -> None:
        while (payload := self._waiting.get()) is not None:
            for attempt in range(ATTEMPTS):
                if self.post(payload) is None:
                    break
                if self._closing.wait(FIRST_RETRY_SECONDS * 2**attempt):
                    break
