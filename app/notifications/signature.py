"""The signature of webhooks, as in the specification of Standard Webhooks (symmetric, v1). Pure."""

import base64
import hashlib
import hmac
import secrets
from datetime import datetime

PREFIX = "whsec_"
_KEY_BYTES = 32
"""The specification allows 24 to 64."""


def new_secret() -> str:
    """Return a random signing secret: `whsec_` and the key in base64."""
    return PREFIX + base64.b64encode(secrets.token_bytes(_KEY_BYTES)).decode()


def signed_headers(secret: str, *, message_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """Return the headers that sign `body`. A receiver checks id, time and body with the secret."""
    seconds = str(int(at.timestamp()))
    key = base64.b64decode(secret.removeprefix(PREFIX))
    content = b".".join((message_id.encode(), seconds.encode(), body))
    digest = hmac.digest(key, content, hashlib.sha256)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": seconds,
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }
