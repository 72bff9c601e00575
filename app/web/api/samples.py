"""A sample value for a JSON schema, for the examples in the documentation."""

from typing import Any

Json = dict[str, Any]

_OF_FORMAT = {"date-time": "2026-11-22T12:00:00+00:00", "date": "2026-11-21"}
_OF_TYPE: Json = {"string": "text", "integer": 1, "number": 1.5, "boolean": True, "null": None}


def sample_of(schema: Json, schemas: Json) -> Any:
    """Return a value that fits `schema`, null where it may be. References lead into `schemas`."""
    if "$ref" in schema:
        return sample_of(schemas[schema["$ref"].rpartition("/")[2]], schemas)
    if "anyOf" in schema:
        is_nullable = {"type": "null"} in schema["anyOf"]
        return None if is_nullable else sample_of(schema["anyOf"][0], schemas)
    return schema["enum"][0] if "enum" in schema else _sample_of_type(schema, schemas)


def _sample_of_type(schema: Json, schemas: Json) -> Any:
    match schema.get("type"):
        case "object":
            properties = schema.get("properties", {})
            return {name: sample_of(part, schemas) for name, part in properties.items()}
        case "array":
            return [sample_of(schema["items"], schemas)] if "items" in schema else []
        case "string" if schema.get("format") in _OF_FORMAT:
            return _OF_FORMAT[schema["format"]]
        case kind:
            return schema.get("const", _OF_TYPE.get(str(kind)))
