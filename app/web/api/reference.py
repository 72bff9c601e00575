"""The OpenAPI document arranged for the page `/api/docs`. Pure."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from shlex import quote
from typing import Any
from urllib.parse import urlencode

from app.web.api.schema_words import FieldWords, fields_of, kind_of

Json = Mapping[str, Any]

_RESPONSE = "#/components/responses/"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a call. `place` is `path`, `query` or `header`."""

    field: FieldWords
    place: str
    description: str


@dataclass(frozen=True, slots=True)
class Answer:
    """A status that a call can answer, and when."""

    status: str
    description: str


@dataclass(frozen=True, slots=True)
class Content:
    """The form of a body: its fields, and an example as text."""

    kind: str
    fields: tuple[FieldWords, ...]
    example: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One operation. `command` is its example for a shell; `{base}` stands for the address."""

    id: str
    method: str
    path: str
    summary: str
    description: str
    parameters: tuple[Parameter, ...]
    body: Content | None
    answer: Content
    status: str
    others: tuple[Answer, ...]
    command: str


@dataclass(frozen=True, slots=True)
class Group:
    """The calls of one subject."""

    name: str
    description: str
    calls: tuple[Call, ...]


def groups_of(document: Json) -> tuple[Group, ...]:
    """Return the calls of an OpenAPI document, by tag."""
    calls = [
        (operation["tags"][0], _call(document, method.upper(), path, operation))
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    return tuple(
        Group(
            tag["name"],
            tag["description"].partition("\n")[0],
            tuple(call for name, call in calls if name == tag["name"]),
        )
        for tag in document["tags"]
    )


def _call(document: Json, method: str, path: str, operation: Json) -> Call:
    schemas = document["components"]["schemas"]
    status, response = next(iter(operation["responses"].items()))
    return Call(
        id=operation["operationId"],
        method=method,
        path=path,
        summary=operation["summary"],
        description=operation.get("description", ""),
        parameters=tuple(_parameter(each, schemas) for each in operation["parameters"]),
        body=_content(operation["requestBody"], schemas) if "requestBody" in operation else None,
        answer=_content(response, schemas),
        status=f"{status} {response['description']}",
        others=tuple(_others(document, operation)),
        command=_command(method, path, operation),
    )


def _parameter(parameter: Json, schemas: Json) -> Parameter:
    is_required = parameter.get("required", False)
    kind = kind_of(parameter["schema"], schemas)
    field = FieldWords(parameter["name"], kind, is_required)
    return Parameter(field, parameter["in"], parameter.get("description", ""))


def _content(described: Json, schemas: Json) -> Content:
    (content,) = described["content"].values()
    schema = content["schema"]
    example = content.get("example", {})
    text = (
        example if isinstance(example, str) else json.dumps(example, indent=2, ensure_ascii=False)
    )
    return Content(kind_of(schema, schemas), fields_of(schema, schemas), text)


def _others(document: Json, operation: Json) -> Iterator[Answer]:
    for status, response in list(operation["responses"].items())[1:]:
        name = response.get("$ref", "").removeprefix(_RESPONSE)
        shared = document["components"]["responses"].get(name, response)
        yield Answer(status, shared["description"])


def _command(method: str, path: str, operation: Json) -> str:
    examples = {
        place: {
            each["name"]: each["example"]
            for each in operation["parameters"]
            if each["in"] == place and "example" in each
        }
        for place in ("path", "query")
    }
    query = f"?{urlencode(examples['query'])}" if examples["query"] else ""
    address = f"{{base}}{path.format(**examples['path'])}{query}"
    parts = ["curl", '-H "Authorization: Bearer $TOKEN"']
    if method != "GET":
        parts.append(f"-X {method}")
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    if "example" in body:
        parts.append(f"--json {quote(json.dumps(body['example'], ensure_ascii=False))}")
    return " ".join([*parts, f"'{address}'"])
