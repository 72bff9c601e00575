"""The messages of jobs: check, serialise and load them. Pure."""

import json
from dataclasses import asdict, dataclass

from app.core.errors import InvalidInput
from app.outbound.models import OutboundKind

MAX_TEXT = 4096
"""The most characters that WhatsApp accepts in a text."""
MAX_TEMPLATE_PARAMETERS = 20


@dataclass(frozen=True, slots=True)
class Text:
    """A plain text. WhatsApp accepts it within 24 hours of the customer's last message."""

    body: str


@dataclass(frozen=True, slots=True)
class Template:
    """A template that WhatsApp has approved; `parameters` fill its body, in order."""

    name: str
    language: str
    parameters: tuple[str, ...] = ()


Message = Text | Template


def kind_of(message: Message) -> OutboundKind:
    """Return the kind of job for `message`."""
    return OutboundKind.TEXT if isinstance(message, Text) else OutboundKind.TEMPLATE


def checked(message: Message) -> Message:
    """Return `message` if it is valid for WhatsApp. Raises InvalidInput otherwise."""
    match message:
        case Text(body=body):
            _require(body.strip() != "", "The text is empty; add a text.", "text")
            _require(
                len(body) <= MAX_TEXT, f"The text is longer than {MAX_TEXT} characters.", "text"
            )
        case Template(name=name, language=language, parameters=parameters):
            _require(bool(name and language), "A template needs a name and a language.", "template")
            _require(
                len(parameters) <= MAX_TEMPLATE_PARAMETERS
                and sum(map(len, parameters)) <= MAX_TEXT
                and all(parameter.strip() for parameter in parameters),
                f"A template takes up to {MAX_TEMPLATE_PARAMETERS} parameters, none of them empty, "
                f"with {MAX_TEXT} characters in all.",
                "template",
            )
    return message


def dump(message: Message) -> str:
    """Return `message` as text, which the caller encrypts before it is stored."""
    return message.body if isinstance(message, Text) else json.dumps(asdict(message))


def load(kind: OutboundKind, text: str) -> Message:
    """Return the message from the decrypted text of a job of `kind`."""
    if kind is OutboundKind.TEXT:
        return Text(text)
    fields = json.loads(text)
    return Template(fields["name"], fields["language"], tuple(fields["parameters"]))


def _require(condition: bool, sentence: str, field: str) -> None:  # noqa: FBT001 - a check
    if not condition:
        raise InvalidInput(sentence, field=field)
