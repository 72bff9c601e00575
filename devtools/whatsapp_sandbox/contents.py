"""Read the content of a message for a customer, as the Cloud API does. Pure.

https://developers.facebook.com/docs/whatsapp/cloud-api/guides/send-message-templates
"""

from typing import Any

from pydantic import BaseModel, Field, ValidationError

from app.outbound.messages import MAX_TEXT, Template
from app.outbound.templates import TEMPLATES, fill_template, placeholders_of

UNAUTHORIZED = 190
MISSING_PARAMETER = 131008
WRONG_NUMBER_OF_PARAMETERS = 132000
UNKNOWN_TEMPLATE = 132001


class GraphError(Exception):
    """A request that is refused; `code` is the error code of the Cloud API."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code

    @property
    def http_status(self) -> int:
        """The HTTP status of the answer."""
        return {UNAUTHORIZED: 401, UNKNOWN_TEMPLATE: 404}.get(self.code, 400)


class _Parameter(BaseModel):
    type: str = Field(pattern="^text$")
    text: str = Field(min_length=1)


class _Component(BaseModel):
    type: str = Field(pattern="^body$")
    parameters: list[_Parameter] = []


class _Language(BaseModel):
    code: str


class _Template(BaseModel):
    name: str = Field(pattern="^[a-z0-9_]{1,512}$")
    language: _Language
    components: list[_Component] = []


def text_of(body: dict[str, Any]) -> str:
    """Return the words that the phone shows. Raises GraphError."""
    match body:
        case {"type": "text", "text": {"body": str(text)}} if 0 < len(text) <= MAX_TEXT:
            return text
        case {"type": "template", "template": dict(template)}:
            return _filled(template)
        case _:
            raise GraphError(MISSING_PARAMETER)


def _filled(fields: dict[str, Any]) -> str:
    try:
        given = _Template.model_validate(fields)
    except ValidationError:
        raise GraphError(MISSING_PARAMETER) from None
    approved = TEMPLATES.get((given.name, given.language.code))
    if approved is None:
        raise GraphError(UNKNOWN_TEMPLATE)
    parameters = tuple(each.text for part in given.components for each in part.parameters)
    if len(parameters) != placeholders_of(approved):
        raise GraphError(WRONG_NUMBER_OF_PARAMETERS)
    return fill_template(Template(given.name, given.language.code, parameters))
