"""Split the body of a webhook into parts. Pure.

Meta puts several entries, changes, messages and statuses into one body. Each becomes one
part. A part of an unknown kind or form has a `fault` and does not affect the other parts.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from pydantic import ValidationError
from pydantic_core import from_json, to_json

from app.core.errors import InvalidInput
from app.customers.identity import IdentityChange
from app.fraud.customer_messages import CustomerMessage
from app.inbound.contacts import completed
from app.inbound.items import CHANGES, read_identity_change, read_message, read_moment, read_status
from app.outbound.statuses import REPORTED, StatusReport

OBJECT = "whatsapp_business_account"

KNOWN_KINDS = frozenset(
    {
        "audio", "button", "contacts", "document", "edit", "image", "interactive", "location",
        "order", "reaction", "revoke", "sticker", "system", "text", "unsupported", "video",
    }
)  # fmt: skip
"""Message types that Meta documents. The intake decides how to answer each."""

_CONTEXT = frozenset({"messaging_product", "metadata", "contacts"})
_NAME = re.compile(r"[\w.-]{1,60}")

Content = CustomerMessage | StatusReport | IdentityChange
Json = Mapping[str, Any]


class MalformedJson(Exception):
    """The body is not JSON."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a webhook.

    `kind` names it for people, e.g. `message text` or `field account_update`. `body` is a
    webhook body that contains only this part. A part without `content` can't be used, and
    `fault` says why. A part with `content` and `fault` is used, but its kind is unknown.
    `sent_at` is the time of a message, and `phone_number_id` names our telephone number.
    """

    kind: str
    body: bytes = field(repr=False)
    content: Content | None = field(repr=False)
    fault: str | None = None
    sent_at: datetime | None = None
    phone_number_id: str | None = None


def read_parts(body: bytes) -> tuple[Part, ...]:
    """Return the parts of `body`, in its order.

    Raises MalformedJson, or InvalidInput for a body that is not about a WhatsApp account.
    """
    try:
        envelope = from_json(body)
    except ValueError:
        raise MalformedJson from None
    if not isinstance(envelope, dict):
        raise InvalidInput("The body is not a JSON object.")
    if envelope.get("object") != OBJECT:
        raise InvalidInput(f"The field object is missing or is not {OBJECT}.", field="object")
    return tuple(_of_envelope(envelope))


def _of_envelope(envelope: Json) -> Iterator[Part]:
    match envelope.get("entry"):
        case [*entries]:
            for entry in entries:
                yield from _of_entry(entry)
        case _:
            yield Part("envelope", to_json(envelope), None, "The field entry is not a list.")


def _of_entry(entry: object) -> Iterator[Part]:
    match entry:
        case {"changes": [*changes]}:
            for change in changes:
                yield from _of_change(change)
        case _:
            body = to_json({"object": OBJECT, "entry": [entry]})
            yield Part("entry", body, None, "The field changes is not a list.")


def _of_change(change: object) -> Iterator[Part]:
    match change:
        case {"field": "messages", "value": dict(value)}:
            yield from _of_value(value)
        case {"field": name}:
            yield Part(f"field {_named(name)}", _wrap(change), None, "This field is not known.")
        case _:
            yield Part("change", _wrap(change), None, "The change names no field.")


def _of_value(value: Json) -> Iterator[Part]:
    """Yield a part for each message, each status and each other member of a change."""
    context = {name: value[name] for name in sorted(_CONTEXT & value.keys())}
    for name in sorted(value.keys() - _CONTEXT):
        items = value[name]
        for item in items if isinstance(items, list) else [items]:
            body = _wrap({"field": "messages", "value": context | {name: [item]}})
            part = _of_item(name, item, body, contacts=value.get("contacts"))
            yield replace(part, phone_number_id=_phone_number_id(value.get("metadata")))


def _phone_number_id(metadata: object) -> str | None:
    match metadata:
        case {"phone_number_id": str(number_id)}:
            return number_id
        case {"phone_number_id": int(number_id)}:
            return str(number_id)
        case _:
            return None


def _of_item(name: str, item: object, body: bytes, *, contacts: object) -> Part:
    match name, item:
        case "messages", dict(message):
            return _of_message(completed(name, message, contacts), body)
        case "statuses", dict(status):
            return _of_status(completed(name, status, contacts), body)
        case _:
            return Part(f"messages {_named(name)}", body, None, "This part is not known.")


def _of_message(item: Json, body: bytes) -> Part:
    kind = f"message {_named(item.get('type'))}"
    try:
        match item:
            case {"type": "system", "system": {"type": str(change)}} if change in CHANGES:
                return Part(kind, body, read_identity_change(item), sent_at=read_moment(item))
        content = read_message(item)
    except ValidationError as error:
        return Part(kind, body, None, _sentence(error))
    is_known = content.kind in KNOWN_KINDS
    fault = None if is_known else "This type of message is not known."
    return Part(kind, body, content, fault, content.sent_at)


def _of_status(item: Json, body: bytes) -> Part:
    kind = f"status {_named(item.get('status'))}"
    try:
        content = read_status(item)
    except ValidationError as error:
        return Part(kind, body, None, _sentence(error))
    is_known = content.status in REPORTED
    return Part(kind, body, content, None if is_known else "This status is not known.")


def _wrap(change: object) -> bytes:
    return to_json({"object": OBJECT, "entry": [{"changes": [change]}]})


def _named(name: object) -> str:
    """Return a name from the provider, or `malformed` if it has no valid form."""
    return name if isinstance(name, str) and _NAME.fullmatch(name) else "malformed"


def _sentence(error: ValidationError) -> str:
    fault = error.errors(include_input=False, include_url=False)[0]
    name = ".".join(str(part) for part in fault["loc"])[:100]
    if fault["type"] == "missing":
        return f"The field {name} is missing."
    if not name:
        return "The field from is missing, and so is from_user_id."
    return f"The field {name} is malformed."
