"""Schemas of the OpenAPI document in words, for the page that shows it. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from app.core.paging import MAX_ID

Schema = Mapping[str, Any]

_FORMATS = {"date": "date", "date-time": "date and time", "uri": "address"}
_LIMITS = {
    "minimum": "at least {}",
    "exclusiveMinimum": "more than {}",
    "maximum": "at most {}",
    "exclusiveMaximum": "less than {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {} entries",
    "maxItems": "at most {} entries",
}
_UNSAID = {("minLength", 0), ("minLength", 1), ("maximum", MAX_ID)}
"""Limits that say nothing to a reader."""


@dataclass(frozen=True, slots=True)
class FieldWords:
    """One field of an object: its name, what it may be, and whether it must be there."""

    name: str
    kind: str
    is_required: bool


def fields_of(schema: Schema, schemas: Mapping[str, Schema]) -> tuple[FieldWords, ...]:
    """Return the fields of an object, or of the entries of a list of objects.

    `schemas` has the shared schemas by name. A schema without fields gives none.
    """
    target = _target(schema, schemas)
    required = target.get("required", ())
    return tuple(
        FieldWords(name, kind_of(field, schemas), name in required)
        for name, field in target.get("properties", {}).items()
    )


def kind_of(schema: Schema, schemas: Mapping[str, Schema]) -> str:
    """Return what a value may be, e.g. `integer, at least 1` or `list of InboxItem`."""
    if "$ref" in schema:
        return _name_or_values(schema, schemas)
    if "anyOf" in schema:
        return " or ".join(kind_of(branch, schemas) for branch in schema["anyOf"])
    if "const" in schema:
        return str(schema["const"])
    if "enum" in schema:
        return _values(schema)
    if schema.get("type") == "array":
        return ", ".join([f"list of {kind_of(schema.get('items', {}), schemas)}", *_limits(schema)])
    return ", ".join([_plain(schema), *_limits(schema)])


def _target(schema: Schema, schemas: Mapping[str, Schema]) -> Schema:
    if "$ref" in schema:
        return _target(schemas[_name(schema)], schemas)
    if schema.get("type") == "array":
        return _target(schema.get("items", {}), schemas)
    return schema


def _name_or_values(schema: Schema, schemas: Mapping[str, Schema]) -> str:
    name = _name(schema)
    return _values(schemas[name]) if "enum" in schemas[name] else name


def _name(schema: Schema) -> str:
    return str(schema["$ref"]).rpartition("/")[2]


def _values(schema: Schema) -> str:
    return "one of " + ", ".join(map(str, schema["enum"]))


def _plain(schema: Schema) -> str:
    if "format" in schema:
        return _FORMATS.get(schema["format"], str(schema["format"]))
    return str(schema.get("type", "anything"))


def _limits(schema: Schema) -> Iterator[str]:
    for key, words in _LIMITS.items():
        if key in schema and (key, schema[key]) not in _UNSAID:
            yield words.format(schema[key])
