"""The WhatsApp Cloud API, by way of pywa: a message goes in, a typed outcome comes out."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

import httpx
from pywa.client import WhatsApp
from pywa.errors import WhatsAppError

from app.outbound.messages import Message, Template, Text
from app.outbound.outcomes import NoAnswer, Outcome, Refused, Sent, Throttled
from app.outbound.reasons import TIMED_OUT, UNREACHABLE, UNREADABLE, reason_of

TIMEOUT = httpx.Timeout(10.0, connect=5.0)
"""Seconds; a try ends well within the lease that `app.outbound.claim` puts on its job."""
MAX_RETRY_AFTER = 3600.0
"""Seconds; the longest wait that a provider can impose by a header."""

_EVERYONE_THROTTLED = frozenset({4, 80007, 130429, 131048, HTTPStatus.TOO_MANY_REQUESTS})
_RECIPIENT_THROTTLED = frozenset({131056})


class WhatsAppProvider:
    """Sends through one phone number of ours. Keeps its connections; close it in the end."""

    __slots__ = ("_client", "_http")

    def __init__(self, *, base_url: str, access_token: str, phone_number_id: str) -> None:
        self._http = httpx.Client(timeout=TIMEOUT)
        self._client = WhatsApp(
            phone_id=phone_number_id, token=access_token, session=self._http, filter_updates=False
        )
        self._http.base_url = httpx.URL(base_url)  # pywa has set Meta's own

    def send(self, message: Message, *, to: str, tracker: str) -> Outcome:
        """Send `message` to the E.164 number `to`; return what came of it, never raise for it.

        `tracker` comes back with each delivery status of the message.
        """
        try:
            return Sent(self._send(message, to=to, tracker=tracker))
        except WhatsAppError as error:
            return outcome_of_error(error)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
            return Refused(UNREACHABLE)
        except httpx.TransportError:
            return NoAnswer(TIMED_OUT)
        except (LookupError, TypeError, ValueError, AttributeError):
            return NoAnswer(UNREADABLE)  # pywa trips over an answer of another shape

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _send(self, message: Message, *, to: str, tracker: str) -> str:
        match message:
            case Text(body=body):
                return self._client.send_message(to=to, text=body, tracker=tracker).id
            case Template():
                answer = self._client.api.send_raw_request(
                    "POST",
                    f"/{self._client.phone_id}/messages",
                    json=_template_request(message, to=to, tracker=tracker),
                )
                return str(answer["messages"][0]["id"])


def outcome_of_error(error: WhatsAppError) -> Outcome:
    """Return the outcome that an error of the API stands for."""
    response = error.raw_response
    if response is not None and error.code == response.status_code >= HTTPStatus.BAD_GATEWAY:
        return NoAnswer(UNREADABLE)  # a gateway spoke, not the API
    reason = reason_of(error.code, error.details or error.message)
    if error.code in _EVERYONE_THROTTLED or error.code in _RECIPIENT_THROTTLED:
        return Throttled(
            reason,
            error.code,
            retry_after=_retry_after(response),
            everyone=error.code in _EVERYONE_THROTTLED,
        )
    return Refused(reason, error.code)


def _template_request(template: Template, *, to: str, tracker: str) -> dict[str, Any]:
    parameters = [{"type": "text", "text": parameter} for parameter in template.parameters]
    components = [{"type": "body", "parameters": parameters}] if parameters else []
    return {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": to,
        "type": "template",
        "template": {
            "name": template.name,
            "language": {"code": template.language},
            "components": components,
        },
        "biz_opaque_callback_data": tracker,
    }


def _retry_after(response: httpx.Response | None) -> float | None:
    header = response.headers.get("Retry-After", "") if response is not None else ""
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
