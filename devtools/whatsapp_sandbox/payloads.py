"""The webhook bodies, in Meta's format. Pure."""

from dataclasses import dataclass
from typing import Any

from devtools.whatsapp_sandbox.state import Message

BUSINESS_NUMBER = "15550009999"


@dataclass(frozen=True, slots=True)
class Contact:
    """How a webhook identifies a customer: a number without a plus, a user id, or both."""

    number: str | None
    user_id: str | None

    def named(self, *, number: str, user_id: str) -> dict[str, str]:
        """Return the known values under the given field names, which differ by place."""
        fields = {number: self.number, user_id: self.user_id}
        return {name: value for name, value in fields.items() if value is not None}


def message_payload(
    message: Message, *, customer: Contact, kind: str, phone_number_id: str
) -> dict[str, Any]:
    """Return the webhook for a customer's message."""
    content = {"body": message.text} if kind == "text" else {"id": "media-1"}
    sent = {
        **customer.named(number="from", user_id="from_user_id"),
        "id": message.id,
        "timestamp": str(int(message.at.timestamp())),
        "type": kind,
        kind: content,
    }
    profile = {"name": "Sandbox customer"}
    if customer.user_id:
        profile["username"] = "sandbox.customer"
    contact = {"profile": profile, **customer.named(number="wa_id", user_id="user_id")}
    return _envelope({"contacts": [contact], "messages": [sent]}, phone_number_id)


def status_payload(
    message: Message,
    status: str,
    *,
    customer: Contact,
    phone_number_id: str,
    code: int | None = None,
) -> dict[str, Any]:
    """Return the webhook for a new status of a message of the business."""
    report: dict[str, Any] = {
        "id": message.id,
        "status": status,
        "timestamp": str(int(message.at.timestamp())),
        **customer.named(number="recipient_id", user_id="recipient_user_id"),
    }
    if message.tracker is not None:
        report["biz_opaque_callback_data"] = message.tracker
    if code is not None:
        report["errors"] = [error_body(code)]
    contact = customer.named(number="wa_id", user_id="user_id")
    return _envelope({"contacts": [contact], "statuses": [report]}, phone_number_id)


def error_body(code: int) -> dict[str, Any]:
    """Return an error in the format of the Graph API."""
    title = f"Sandbox error {code}"
    return {
        "message": f"(#{code}) {title}",
        "title": title,
        "type": "OAuthException",
        "code": code,
        "error_data": {"messaging_product": "whatsapp", "details": f"{title}, simulated"},
        "fbtrace_id": "sandbox",
    }


def _envelope(value: dict[str, Any], phone_number_id: str) -> dict[str, Any]:
    metadata = {"display_phone_number": BUSINESS_NUMBER, "phone_number_id": phone_number_id}
    change = {
        "field": "messages",
        "value": {"messaging_product": "whatsapp", "metadata": metadata, **value},
    }
    entry = {"id": "sandbox-account", "changes": [change]}
    return {"object": "whatsapp_business_account", "entry": [entry]}
