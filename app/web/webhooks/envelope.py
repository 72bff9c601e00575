"""The body of a webhook, checked and turned into values. Pure.

Meta puts several entries, changes and messages into one body. The envelope must be
sound as a whole. A message or status that isn't is left out, so that it doesn't take the
others with it; a body in which nothing is sound is refused.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, Field, ValidationError
from werkzeug.exceptions import BadRequest

from app.core.errors import InvalidInput
from app.fraud.intake import CustomerMessage
from app.outbound.statuses import StatusReport

MAX_TEXT = 4096

Id = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[\x21-\x7e]+$")]
Moment = Annotated[int, Field(ge=0, lt=10**11)]
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Batch:
    """What one body brings, in its order; `faults` says what was left out and why."""

    messages: tuple[CustomerMessage, ...]
    statuses: tuple[StatusReport, ...]
    faults: tuple[str, ...]


class _Change(BaseModel):
    field: str
    value: dict[str, Any]


class _Entry(BaseModel):
    changes: list[_Change]


class _Envelope(BaseModel):
    object: Literal["whatsapp_business_account"]
    entry: list[_Entry]


class _Messages(BaseModel):
    messages: list[dict[str, Any]] = Field(default=[])
    statuses: list[dict[str, Any]] = Field(default=[])


class _Message(BaseModel):
    id: Id
    sender: str = Field(alias="from", pattern=r"^[1-9]\d{4,14}$")
    kind: str = Field(alias="type", min_length=1, max_length=40, pattern=r"^\w+$")
    timestamp: Moment | None = None


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
    biz_opaque_callback_data: str | None = Field(None, max_length=512)
    errors: list[_Error] = Field(default=[])


def read_batch(body: bytes) -> Batch:
    """Return what `body` brings.

    Raises BadRequest if it isn't JSON, InvalidInput with a sentence that names the fault.
    """
    try:
        envelope = _Envelope.model_validate_json(body)
        values = [
            _Messages.model_validate(change.value)
            for entry in envelope.entry
            for change in entry.changes
            if change.field == "messages"
        ]
    except ValidationError as error:
        raise _refusal(error) from None
    faults: list[str] = []
    messages = tuple(_sound(_message, (each for v in values for each in v.messages), faults))
    statuses = tuple(_sound(_status, (each for v in values for each in v.statuses), faults))
    if faults and not messages and not statuses:
        raise InvalidInput(faults[0])
    return Batch(messages, statuses, tuple(faults))


def _sound(
    read: Callable[[Mapping[str, Any]], Value],
    items: Iterator[Mapping[str, Any]],
    faults: list[str],
) -> Iterator[Value]:
    for item in items:
        try:
            yield read(item)
        except ValidationError as error:
            faults.append(_sentence(error))


def _message(item: Mapping[str, Any]) -> CustomerMessage:
    is_text = item.get("type") == "text"
    message = (_TextMessage if is_text else _Message).model_validate(item)
    return CustomerMessage(
        provider_message_id=message.id,
        sender=f"+{message.sender}",
        kind=message.kind,
        text=message.text.body[:MAX_TEXT] if isinstance(message, _TextMessage) else _pressed(item),
        sent_at=None
        if message.timestamp is None
        else datetime.fromtimestamp(message.timestamp, UTC),
    )


def _pressed(item: Mapping[str, Any]) -> str | None:
    """Return the words on the button or list row that a customer chose, if that is the message."""
    match item:
        case {"type": "button", "button": {"text": str(words)}}:
            return words[:MAX_TEXT]
        case {"type": "interactive", "interactive": {"button_reply": {"title": str(words)}}}:
            return words[:MAX_TEXT]
        case {"type": "interactive", "interactive": {"list_reply": {"title": str(words)}}}:
            return words[:MAX_TEXT]
        case _:
            return None


def _status(item: Mapping[str, Any]) -> StatusReport:
    status = _Status.model_validate(item)
    error = status.errors[0] if status.errors else None
    return StatusReport(
        provider_message_id=status.id,
        status=status.status,
        tracker=status.biz_opaque_callback_data,
        error_code=error.code if error else None,
        error_detail=error.title if error else "",
    )


def _refusal(error: ValidationError) -> Exception:
    if error.errors(include_input=False, include_url=False)[0]["type"] == "json_invalid":
        return BadRequest("The body is not valid JSON.")
    return InvalidInput(_sentence(error))


def _sentence(error: ValidationError) -> str:
    fault = error.errors(include_input=False, include_url=False)[0]
    name = ".".join(str(part) for part in fault["loc"])[:100]
    if fault["type"] == "missing":
        return f"The field {name} is missing."
    return f"The field {name or 'body'} is malformed: {fault['msg'][0].lower()}{fault['msg'][1:]}."
