"""Parse and check query strings, forms, JSON bodies and ids; serialise JSON."""

import re
from collections.abc import Collection
from dataclasses import is_dataclass
from datetime import date, datetime, time
from typing import Annotated, Any, TypeVar
from urllib.parse import parse_qsl

from flask import request
from flask.json.provider import DefaultJSONProvider
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    WithJsonSchema,
)
from pydantic.alias_generators import to_camel
from werkzeug.exceptions import BadRequest, UnsupportedMediaType
from werkzeug.routing import BaseConverter, IntegerConverter, Map
from werkzeug.routing import ValidationError as NoSuchPath

from app.core.errors import InvalidInput
from app.core.paging import DEFAULT_LIMIT, MAX_ID, MAX_LIMIT
from app.core.redaction import mask_phone
from app.core.views import members_of


def _storable(text: str) -> str:
    if "\x00" in text:
        raise ValueError("must not hold a NUL character")
    return text


def mask_numbers(text: str) -> str:
    """Mask the full telephone numbers in a search text; only masked numbers are stored."""
    return _FULL_NUMBER.sub(lambda number: mask_phone(number[0]), text)


def _whole(number: object) -> object:
    return int(number) if isinstance(number, float) and number.is_integer() else number


_FULL_NUMBER = re.compile(r"\+?(?:\d[ ().-]{0,3}){8,20}\d")

Text = Annotated[
    str, AfterValidator(_storable), Field(json_schema_extra={"pattern": r"^[^\u0000]*$"})
]
FilledText = Annotated[Text, Field(json_schema_extra={"pattern": r"^[^\u0000]*\S[^\u0000]*$"})]
"""A text with something to read in it. The use case checks it; this says it in the contract."""
ShortText = Annotated[Text, Field(max_length=100)]

WHOLE = BeforeValidator(_whole)
"""Counts 1.0 as an integer, as JSON Schema does. It belongs after the `Field` of a strict int."""
Id = Annotated[int, Field(strict=True, ge=1, le=MAX_ID), WHOLE]
Version = Annotated[int, Field(strict=True, ge=1), WHOLE]
"""The version of a row that the caller saw."""

SearchText = Annotated[ShortText, AfterValidator(mask_numbers)]
"""A search text, with its telephone numbers masked."""


def _moment(text: object) -> datetime:
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None or moment.year not in _YEARS:
        raise ValueError("must be a time with an offset, such as 2026-11-22T12:00:00+00:00")
    return moment


_YEARS = range(2000, 3000)
Moment = Annotated[
    datetime,
    BeforeValidator(_moment),
    WithJsonSchema({"type": "string", "description": "A time in ISO 8601 with its offset."}),
]
"""A time in ISO 8601 with its offset."""


class Query(BaseModel):
    """A query string. Unknown and repeated parameters are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class ListQuery(Query):
    """The parameters of every list."""

    cursor: Annotated[Text, Field(max_length=200)] | None = None
    limit: int = Field(DEFAULT_LIMIT, ge=1, le=MAX_LIMIT)


class Form(BaseModel):
    """A submitted form: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


class Body(BaseModel):
    """A JSON body with names in snake_case or camelCase. Unknown names are refused."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, alias_generator=to_camel, populate_by_name=True
    )


def exactly_one(*names: str) -> ConfigDict:
    """Return the configuration whose JSON schema demands one of these fields and not null.

    A validator of the model must check it.
    """
    branches: list[Any] = [
        {"required": [name], "properties": {name: {"not": {"type": "null"}}}} for name in names
    ]
    return ConfigDict(json_schema_extra={"oneOf": branches})


AnyQuery = TypeVar("AnyQuery", bound=Query)
AnyBody = TypeVar("AnyBody", bound=BaseModel)


def read_query(model: type[AnyQuery]) -> AnyQuery:
    """Return the query string as `model`. An empty parameter counts as missing.

    Raises InvalidInput with one sentence that names the first bad parameter.
    """
    given = {name: values for name, values in request.args.lists() if any(values)}
    for name, values in given.items():
        if len(values) > 1:
            raise InvalidInput(f"The parameter {name} is given more than once.", field=name)
    try:
        return model.model_validate({name: values[0] for name, values in given.items()})
    except ValidationError as error:
        raise _first_fault(error, "parameter") from None


def read_query_string(model: type[AnyQuery], text: str) -> AnyQuery:
    """Return a query string that a form contains as `model`. Raises InvalidInput."""
    try:
        return model.model_validate(dict(parse_qsl(text)))
    except ValidationError as error:
        raise _first_fault(error, "parameter") from None


def read_form(model: type[AnyBody], *, lists: Collection[str] = ()) -> AnyBody:
    """Return the submitted form as `model`, without its CSRF token. Raises InvalidInput.

    `lists` are the names of fields that may have several values.
    """
    given: dict[str, Any] = {
        name: request.form.getlist(name) if name in lists else text
        for name, text in request.form.items()
        if name != "csrf_token" and text
    }
    try:
        return model.model_validate(given)
    except ValidationError as error:
        raise _first_fault(error, "field") from None


def read_body(model: type[AnyBody]) -> AnyBody:
    """Return the JSON body as `model`. A missing body counts as an empty object.

    Raises UnsupportedMediaType if the content type is not JSON, BadRequest if the body is
    not JSON, and InvalidInput with one sentence that names the first bad field.
    """
    body = request.get_data()
    if body and not request.is_json:
        raise UnsupportedMediaType("Send the body as application/json.")
    try:
        return model.model_validate_json(body or b"{}")
    except ValidationError as error:
        if error.errors()[0]["type"] == "json_invalid":
            raise BadRequest("The body is not valid JSON.") from None
        raise _first_fault(error, "field") from None


def _first_fault(error: ValidationError, kind: str) -> InvalidInput:
    fault = error.errors(include_input=False, include_url=False)[0]
    name = ".".join(str(part) for part in fault["loc"])[:100]
    if not name and fault["type"] != "value_error":
        return InvalidInput("The body must be a JSON object.")
    if fault["type"] == "extra_forbidden":
        return InvalidInput(f"There is no {kind} {name} here.", field=name)
    if fault["type"] == "missing":
        return InvalidInput(f"The {kind} {name} is missing.", field=name)
    reason = fault["msg"].removeprefix("Value error, ").removeprefix("Input ")
    if not name:
        return InvalidInput(f"The body {reason}.")
    return InvalidInput(f"The {kind} {name} {reason[0].lower()}{reason[1:]}.", field=name)


class IdConverter(IntegerConverter):
    """An id in a path. A number that no row can have leads to 404."""

    def __init__(self, map: Map) -> None:  # noqa: A002 - werkzeug's own name
        super().__init__(map, min=1, max=MAX_ID)


class DateConverter(BaseConverter):
    """A date in a path, e.g. `2026-11-21`. Text that is no date leads to 404."""

    regex = r"\d{4}-\d{2}-\d{2}"

    def to_python(self, value: str) -> date:
        """Return the date."""
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise NoSuchPath from None

    def to_url(self, value: date) -> str:
        """Return the date as it stands in a path."""
        return value.isoformat()


CONVERTERS: dict[str, type[BaseConverter]] = {"id": IdConverter, "date": DateConverter}
"""The converters of variables in paths."""


class JsonProvider(DefaultJSONProvider):
    """Serialises times in ISO 8601, and dataclasses as objects in the order of their fields."""

    sort_keys = False

    @staticmethod
    def default(o: Any) -> Any:
        """Return a value for `o` that JSON can represent."""
        if isinstance(o, date | datetime | time):
            return o.isoformat()
        if is_dataclass(o) and not isinstance(o, type):
            return members_of(o)
        return DefaultJSONProvider.default(o)
