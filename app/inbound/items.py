"""Parse a message, a delivery status or a change of identity. Pure."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, Field, model_validator

from app.customers.identity import USER_ID, Identity, IdentityChange
from app.fraud.customer_messages import CustomerMessage
from app.outbound.statuses import StatusReport

MAX_TEXT = 4096
CHANGES = frozenset({"user_changed_number", "user_changed_user_id"})
_FORMER = re.compile(rf"changed from ({USER_ID.pattern})\b")


def _kind(text: str) -> str:
    """Return a kind as it may be stored and logged: a type with digits may be anything."""
    return text if _PLAIN_KIND.fullmatch(text) else "unknown"


_PLAIN_KIND = re.compile("[a-z_]+")

Id = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[\x21-\x7e]+$")]
Moment = Annotated[int, Field(ge=0, lt=10**11)]
Number = Annotated[str, Field(pattern=r"^[1-9][0-9]{4,14}$")]
Kind = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^\w+$"), AfterValidator(_kind)]
UserId = Annotated[str, Field(pattern=f"^{USER_ID.pattern}$")]
Json = Mapping[str, Any]


class _Timed(BaseModel):
    timestamp: Moment | None = None


class _Message(_Timed):
    id: Id
    sender: Number | None = Field(None, alias="from")
    sender_user_id: UserId | None = Field(None, alias="from_user_id")
    kind: Kind = Field(alias="type")

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


def read_message(item: Json) -> CustomerMessage:
    """Return the message in `item`. Raises pydantic's ValidationError."""
    is_text = item.get("type") == "text"
    message = (_TextMessage if is_text else _Message).model_validate(item)
    return CustomerMessage(
        provider_message_id=message.id,
        sender=_sender(message),
        kind=message.kind,
        text=message.text.body[:MAX_TEXT] if isinstance(message, _TextMessage) else _words(item),
        sent_at=read_moment(item),
    )


def read_moment(item: Json) -> datetime | None:
    """Return when `item` was sent, if it says so. Raises pydantic's ValidationError."""
    seconds = _Timed.model_validate(item).timestamp
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def read_identity_change(item: Json) -> IdentityChange:
    """Return the change of identity in a system message. Raises pydantic's ValidationError.

    The former user id may appear only in the text: `User … changed from … to …`.
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
    """Return the recipient if the status names both a number and a user id, otherwise None."""
    if status.recipient_id is None or status.recipient_user_id is None:
        return None
    return _identity(status.recipient_id, status.recipient_user_id)


def _words(item: Json) -> str | None:
    """Return the text of an edit, a button or a list row; None for other kinds."""
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


def read_status(item: Json) -> StatusReport:
    """Return the delivery status in `item`. Raises pydantic's ValidationError."""
    status = _Status.model_validate(item)
    error = status.errors[0] if status.errors else None
    return StatusReport(
        provider_message_id=status.id,
        status=status.status,
        tracker=status.biz_opaque_callback_data,
        error_code=error.code if error else None,
        error_detail=error.title.replace("\x00", "") if error else "",
        recipient=_recipient(status),
    )
