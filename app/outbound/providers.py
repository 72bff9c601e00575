"""The client of the WhatsApp Cloud API."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

import httpx

from app.core.tls import tls_context
from app.customers.identity import Identity
from app.outbound.messages import Message, Template, Text
from app.outbound.outcomes import Away, NoAnswer, Outcome, Refused, Sent, Throttled
from app.outbound.reasons import SERVER_ERROR, TIMED_OUT, UNREACHABLE, UNREADABLE, reason_of

TIMEOUT = httpx.Timeout(10.0, connect=3.0, write=5.0, pool=1.0)
"""Seconds for each phase of a call; the runner limits the whole call."""
MAX_CONNECTIONS = 64
MAX_RETRY_AFTER = 3600.0
"""Seconds; the longest wait that a provider can impose by a header."""

_EVERYONE_THROTTLED = frozenset({4, 80007, 130429, 131048, HTTPStatus.TOO_MANY_REQUESTS})
_RECIPIENT_THROTTLED = frozenset({131056})
_ACCOUNT_REFUSED = frozenset(
    {0, 3, 10, 33, 190, 368, 131005, 131031, 131042, 131045, 131057, 133010}
)
"""Codes that affect every message: token, permissions, account, payment, sender."""
_TOKEN_REFUSED = 190


class WhatsAppProvider:
    """Sends messages from one phone number. It is thread-safe. Call `close` at the end."""

    __slots__ = ("_http", "_path")

    def __init__(self, *, base_url: str, access_token: str, phone_number_id: str) -> None:
        self._path = f"{base_url.rstrip('/')}/{phone_number_id}/messages"
        self._http = httpx.Client(
            verify=tls_context(),
            timeout=TIMEOUT,
            headers={"Authorization": f"Bearer {access_token}"},
            limits=httpx.Limits(
                max_connections=MAX_CONNECTIONS, max_keepalive_connections=MAX_CONNECTIONS
            ),
        )

    def send(self, message: Message, *, to: Identity, tracker: str) -> Outcome:
        """Send `message` to the customer `to`; return the outcome, also for a failed call.

        `tracker` comes back with each delivery status of the message.
        """
        try:
            answer = self._http.post(self._path, json=_request(message, to=to, tracker=tracker))
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
            return Away(UNREACHABLE)
        except httpx.HTTPError:
            return NoAnswer(TIMED_OUT)
        return outcome_of_answer(answer)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()


def outcome_of_answer(answer: httpx.Response) -> Outcome:
    """Return the outcome for an answer of the API."""
    try:
        content = answer.json()
        if answer.is_success:
            return Sent(str(content["messages"][0]["id"]))
        error = content["error"]
        code, detail = int(error["code"]), _detail_of(error)
    except (LookupError, TypeError, ValueError):
        return _outcome_of_status(answer)
    return _outcome_of_code(code, detail, answer)


def _outcome_of_status(answer: httpx.Response) -> Outcome:
    """Return the outcome for an answer with an unknown body, by its HTTP status."""
    match answer.status_code:
        case HTTPStatus.UNAUTHORIZED:
            return Away(reason_of(_TOKEN_REFUSED), _TOKEN_REFUSED, is_certain=True)
        case HTTPStatus.TOO_MANY_REQUESTS as status:
            return Throttled(reason_of(status), int(status), retry_after(answer))
        case HTTPStatus.INTERNAL_SERVER_ERROR as status:
            return Away(SERVER_ERROR, int(status))
        case _:
            return NoAnswer(UNREADABLE)


def _outcome_of_code(code: int, detail: str, answer: httpx.Response) -> Outcome:
    reason = reason_of(code, detail)
    if code in _EVERYONE_THROTTLED or code in _RECIPIENT_THROTTLED:
        everyone = code in _EVERYONE_THROTTLED
        return Throttled(reason, code, retry_after(answer), everyone=everyone)
    if code in _ACCOUNT_REFUSED or answer.status_code == HTTPStatus.UNAUTHORIZED:
        return Away(reason, code, is_certain=True)
    if answer.is_server_error:
        return Away(reason, code)
    return Refused(reason, code)


def _detail_of(error: dict[str, Any]) -> str:
    data = error.get("error_data")
    details = data.get("details") if isinstance(data, dict) else None
    return str(details or error.get("message") or "")


def _request(message: Message, *, to: Identity, tracker: str) -> dict[str, Any]:
    return {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        **_address(to),
        **_content(message),
        "biz_opaque_callback_data": tracker,
    }


def _address(to: Identity) -> dict[str, str | None]:
    """Return the field with the address. The API silently ignores a user id in `to`."""
    return {"to": to.number} if to.number else {"recipient": to.user_id}


def _content(message: Message) -> dict[str, Any]:
    match message:
        case Text(body=body):
            return {"type": "text", "text": {"body": body}}
        case Template(name=name, language=language, parameters=parameters):
            texts = [{"type": "text", "text": parameter} for parameter in parameters]
            components = [{"type": "body", "parameters": texts}] if texts else []
            template = {"name": name, "language": {"code": language}, "components": components}
            return {"type": "template", "template": template}


def retry_after(response: httpx.Response) -> float | None:
    """Return the seconds that the header Retry-After demands, up to MAX_RETRY_AFTER, or None."""
    header = response.headers.get("Retry-After", "")
    seconds = _seconds_of(header.strip())
    return None if seconds is None else min(max(seconds, 0.0), MAX_RETRY_AFTER)


def _seconds_of(header: str) -> float | None:
    """Return the wait in a Retry-After header, which holds seconds or a date (RFC 9110)."""
    if header.isascii() and header.isdecimal():
        return float(header)
    try:
        return (parsedate_to_datetime(header) - datetime.now(UTC)).total_seconds()
    except (ValueError, TypeError):
        return None
