"""The body of a webhook, read part by part. Pure.

Meta puts several entries, changes, messages and statuses into one body. Each becomes a
part of its own. A part that we don't know, or that has another form than we know, says
what is wrong with it and takes no other part with it.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BaseModel, Field, ValidationError, model_validator
from pydantic_core import from_json, to_json

from app.core.errors import InvalidInput
from app.customers.identity import USER_ID, Identity, IdentityChange
from app.fraud.intake import CustomerMessage
from app.inbound.contacts import completed
from app.outbound.statuses import REPORTED, StatusReport

MAX_TEXT = 4096
OBJECT = "whatsapp_business_account"

KNOWN_KINDS = frozenset(
    {
        "audio", "button", "contacts", "document", "edit", "image", "interactive", "location",
        "order", "reaction", "revoke", "sticker", "system", "text", "unsupported", "video",
    }
)  # fmt: skip
"""Message types that Meta documents; what customers are told of them is the intake's matter."""

_CONTEXT = frozenset({"messaging_product", "metadata", "contacts"})
CHANGES = frozenset({"user_changed_number", "user_changed_user_id"})
_FORMER = re.compile(rf"changed from ({USER_ID.pattern})\b")
_NAME = re.compile(r"[\w.-]{1,60}")

Id = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[\x21-\x7e]+$")]
Moment = Annotated[int, Field(ge=0, lt=10**11)]
Number = Annotated[str, Field(pattern=r"^[1-9]\d{4,14}$")]
UserId = Annotated[str, Field(pattern=f"^{USER_ID.pattern}$")]
Content = CustomerMessage | StatusReport | IdentityChange
Json = Mapping[str, Any]


class MalformedJson(Exception):
    """The body is not JSON."""


@dataclass(frozen=True, slots=True)
class Part:
    """One piece of a webhook: what it means, or what is wrong with it.

    `kind` names it for people, e.g. `message text` or `field account_update`. `body` is a
    webhook body that holds this part alone. Without `content` the part can't be used;
    with both, it is used, but this release doesn't know its kind.
    """

    kind: str
    body: bytes = field(repr=False)
    content: Content | None = field(repr=False)
    fault: str | None = None


class _Message(BaseModel):
    id: Id
    sender: Number | None = Field(None, alias="from")
    sender_user_id: UserId | None = Field(None, alias="from_user_id")
    kind: str = Field(alias="type", min_length=1, max_length=40, pattern=r"^\w+$")
    timestamp: Moment | None = None

    @model_validator(mode="after")
    def _has_sender(self) -> "_Message":
        if self.sender is None and self.sender_user_id is None:
            raise ValueError("neither from nor from_user_id says who sent it")
        return self


class _System(BaseModel):
    body: str = ""
    wa_id: Number | None = None
    user_id: UserId | None = None
    previous_user_id: UserId | None = None

    @model_validator(mode="after")
    def _has_new_identity(self) -> "_System":
        if self.wa_id is None and self.user_id is None:
            raise ValueError("neither wa_id nor user_id says who the customer is now")
        return self


class _Change(BaseModel):
    sender: Number | None = Field(None, alias="from")
    sender_user_id: UserId | None = Field(None, alias="from_user_id")
    system: _System

    @model_validator(mode="after")
    def _has_former_identity(self) -> "_Change":
        known = self.sender or self.sender_user_id or self.system.previous_user_id
        if not known and not _FORMER.search(self.system.body):
            raise ValueError("nothing says who the customer was")
        return self


class _Words(BaseModel):
    body: str


class _TextMessage(_Message):
    text: _Words


class _Error(BaseModel):
    code: int
    title: str = ""


class _Status(BaseModel):
    id: Id
    status: str = Field(max_length=40)
    recipient_id: Number | None = None
    recipient_user_id: UserId | None = None
    biz_opaque_callback_data: str | None = Field(None, max_length=512)
    errors: list[_Error] = Field(default=[])


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
    """Yield the messages and statuses of a change, then whatever else it holds."""
    context = {name: value[name] for name in sorted(_CONTEXT & value.keys())}
    for name in sorted(value.keys() - _CONTEXT):
        items = value[name]
        for item in items if isinstance(items, list) else [items]:
            body = _wrap({"field": "messages", "value": context | {name: [item]}})
            yield _of_item(name, item, body, contacts=value.get("contacts"))


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
                return Part(kind, body, _identity_change(item))
        content = _message(item)
    except ValidationError as error:
        return Part(kind, body, None, _sentence(error))
    is_known = content.kind in KNOWN_KINDS
    return Part(kind, body, content, None if is_known else "This type of message is not known.")


def _of_status(item: Json, body: bytes) -> Part:
    kind = f"status {_named(item.get('status'))}"
    try:
        content = _status(item)
    except ValidationError as error:
        return Part(kind, body, None, _sentence(error))
    is_known = content.status in REPORTED
    return Part(kind, body, content, None if is_known else "This status is not known.")


def _message(item: Json) -> CustomerMessage:
    is_text = item.get("type") == "text"
    message = (_TextMessage if is_text else _Message).model_validate(item)
    return CustomerMessage(
        provider_message_id=message.id,
        sender=_sender(message),
        kind=message.kind,
        text=message.text.body[:MAX_TEXT] if isinstance(message, _TextMessage) else _words(item),
        sent_at=None
        if message.timestamp is None
        else datetime.fromtimestamp(message.timestamp, UTC),
    )


def _identity_change(item: Json) -> IdentityChange:
    """Return what a system message tells of its customer's new number or user id.

    The former user id may stand in the words alone: `User … changed from … to …`.
    """
    change = _Change.model_validate(item)
    system = change.system
    words = _FORMER.search(system.body)
    former = change.sender_user_id or system.previous_user_id or (words and words[1])
    return IdentityChange(
        old=_identity(change.sender, former), new=_identity(system.wa_id, system.user_id)
    )


def _identity(number: str | None, user_id: str | None) -> Identity:
    return Identity(number=f"+{number}" if number else None, user_id=user_id)


def _sender(message: _Message) -> Identity:
    return _identity(message.sender, message.sender_user_id)


def _recipient(status: _Status) -> Identity | None:
    """Return who got the message, if the provider names both a number and a user id."""
    if status.recipient_id is None or status.recipient_user_id is None:
        return None
    return _identity(status.recipient_id, status.recipient_user_id)


def _words(item: Json) -> str | None:
    """Return the words of a message that isn't plain text: of an edit, a button, a list row."""
    match item:
        case {"type": "edit", "edit": {"message": {"text": {"body": str(words)}}}}:
            return words[:MAX_TEXT]
        case {"type": "button", "button": {"text": str(words)}}:
            return words[:MAX_TEXT]
        case {"type": "interactive", "interactive": {"button_reply": {"title": str(words)}}}:
            return words[:MAX_TEXT]
        case {"type": "interactive", "interactive": {"list_reply": {"title": str(words)}}}:
            return words[:MAX_TEXT]
        case _:
            return None


def _status(item: Json) -> StatusReport:
    status = _Status.model_validate(item)
    error = status.errors[0] if status.errors else None
    return StatusReport(
        provider_message_id=status.id,
        status=status.status,
        tracker=status.biz_opaque_callback_data,
        error_code=error.code if error else None,
        error_detail=error.title if error else "",
        recipient=_recipient(status),
    )


def _wrap(change: object) -> bytes:
    return to_json({"object": OBJECT, "entry": [{"changes": [change]}]})


def _named(name: object) -> str:
    """Return a name that the provider gave, or `malformed` if it is none."""
    return name if isinstance(name, str) and _NAME.fullmatch(name) else "malformed"


def _sentence(error: ValidationError) -> str:
    fault = error.errors(include_input=False, include_url=False)[0]
    name = ".".join(str(part) for part in fault["loc"])[:100]
    if fault["type"] == "missing":
        return f"The field {name} is missing."
    if not name:
        return "The field from is missing, and so is from_user_id."
    return f"The field {name} is malformed."
