"""The OpenAPI 3.1 document of the API, generated from the contracts of its routes."""

import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from inspect import getdoc
from typing import Any

from flask import Flask
from pydantic import BaseModel, TypeAdapter, ValidationError
from werkzeug.routing import Rule

from app.core.paging import MAX_ID
from app.idempotency.stored_answers import MAX_KEY
from app.web.api.operation import Operation
from app.web.api.refusals import refusals_of, responses
from app.web.api.repeats import KEY_HEADER, REPLAYED_HEADER
from app.web.api.samples import sample_of
from app.web.csv_response import LIMIT_HEADER
from app.web.problems import Problem

Json = dict[str, Any]

JSON = "application/json"
REF = "#/components/schemas/{model}"
_VARIABLE = re.compile(r"<(?:(\w+):)?(\w+)>")
_FORMS: dict[str, Json] = {
    "": {"type": "string"},
    "id": {"type": "integer", "minimum": 1, "maximum": MAX_ID},
    "date": {"type": "string", "format": "date"},
}
"""The schema of a variable in a path, by its converter."""

INTRODUCTION = """\
Every call needs an admin: an API token, or a session with its CSRF token for calls that change
something. Bodies are JSON in snake_case; camelCase is accepted in requests. Errors are
`application/problem+json` (RFC 9457). A list answers `items` and `next_cursor`, which fetches the
next page as `cursor`. `docs/api.md` in the repository explains the conventions."""

SECURITY: Json = {
    "token": {"type": "http", "scheme": "bearer", "description": "An API token, `ac_…`."},
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "automation_session",
        "description": "The session of an admin who has signed in at `/login`.",
    },
    "csrf": {
        "type": "apiKey",
        "in": "header",
        "name": "X-CSRFToken",
        "description": "The CSRF token of the session. Every page holds it in its forms.",
    },
}
IDEMPOTENCY_KEY: Json = {
    "name": KEY_HEADER,
    "in": "header",
    "description": "A name for this request. A repeat with the same name gets the same answer"
    " for 24 hours and changes nothing.",
    "schema": {"type": "string", "minLength": 1, "maxLength": MAX_KEY, "pattern": "^[!-~]+$"},
}
IF_MATCH: Json = {
    "name": "If-Match",
    "in": "header",
    "description": "The ETag of the item that the caller saw, in place of `version`.",
    "schema": {"type": "string"},
}
REPLAYED: Json = {
    "description": "`true` if this is the stored answer to an earlier request.",
    "schema": {"type": "string", "const": "true"},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One operation at one path. `variables` has the converter of each variable in the path."""

    endpoint: str
    method: str
    path: str
    variables: Mapping[str, str]
    operation: Operation

    @property
    def tag(self) -> str:
        """The name of its group, from its blueprint."""
        return self.endpoint.partition(".")[0].removeprefix("api_")

    @property
    def id(self) -> str:
        """The operationId, e.g. `inbox_assign`."""
        return f"{self.tag}_{self.operation.__name__}"


def routes_of(app: Flask) -> list[Route]:
    """Return every route of `app` that has a contract, in the order of their paths."""
    routes = [
        route
        for rule in app.url_map.iter_rules()
        if isinstance(view := app.view_functions[rule.endpoint], Operation)
        for route in _routes(rule, view)
    ]
    return sorted(routes, key=lambda route: (route.tag, route.path, route.method))


def document_of(app: Flask) -> Json:
    """Return the OpenAPI document of all routes of `app` that have a contract."""
    routes = routes_of(app)
    answers, schemas = _schemas(routes)
    paths: Json = {}
    for route in routes:
        described = _describe(route, answers[route.id], schemas)
        paths.setdefault(route.path, {})[route.method.lower()] = described
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Automation Center",
            "version": version("automation-center"),
            "description": INTRODUCTION,
        },
        "servers": [{"url": "/"}],
        "tags": list(_tags(app, routes)),
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": responses(),
            "securitySchemes": SECURITY,
        },
    }


def _routes(rule: Rule, operation: Operation) -> Iterator[Route]:
    for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
        yield Route(
            endpoint=rule.endpoint,
            method=method,
            path=_VARIABLE.sub(r"{\2}", rule.rule),
            variables={found[2]: found[1] or "" for found in _VARIABLE.finditer(rule.rule)},
            operation=operation,
        )


def _schemas(routes: list[Route]) -> tuple[dict[str, Json], Json]:
    """Return the schema of each route's answer by its id, and the shared schemas by name."""
    bodies = {route.operation.body for route in routes if route.operation.has_body}
    by_key, shared = TypeAdapter.json_schemas(
        [
            *((route.id, "serialization", TypeAdapter(route.operation.answer)) for route in routes),
            *((body.__name__, "validation", TypeAdapter(body)) for body in bodies),
            (Problem.__name__, "serialization", TypeAdapter(Problem)),
        ],
        by_alias=False,
        ref_template=REF,
    )
    return {key: schema for (key, _), schema in by_key.items()}, shared["$defs"]


def _describe(route: Route, answer: Json, schemas: Json) -> Json:
    summary, _, description = (getdoc(route.operation.view) or "").partition("\n\n")
    described: Json = {
        "operationId": route.id,
        "tags": [route.tag],
        "summary": " ".join(summary.split()),
        "parameters": [
            *_path_parameters(route),
            *_query_parameters(route),
            *_header_parameters(route),
        ],
        "responses": dict(_responses(route, answer, schemas)),
        "security": _security(route),
    }
    if description:
        described["description"] = description
    if route.operation.has_body:
        described["requestBody"] = _request_body(route.operation)
    return described


def _path_parameters(route: Route) -> Iterator[Json]:
    example = route.operation.example.path
    for name, converter in route.variables.items():
        more = {"example": example[name]} if name in example else {}
        yield {"name": name, "in": "path", "required": True, "schema": _FORMS[converter], **more}


def _query_parameters(route: Route) -> Iterator[Json]:
    example = route.operation.example.query
    schema = route.operation.query.model_json_schema(by_alias=False)
    for name, property_ in schema.get("properties", {}).items():
        more = {"example": example[name]} if name in example else {}
        yield {
            "name": name,
            "in": "query",
            "allowEmptyValue": True,
            "required": name in schema.get("required", ()),
            "schema": _inline(_without_null(property_), schema.get("$defs", {})),
            **more,
        }


def _header_parameters(route: Route) -> Iterator[Json]:
    if route.method == "GET":
        return
    if route.operation.changes:
        yield IDEMPOTENCY_KEY
    if route.operation.takes_version:
        yield IF_MATCH


def _headers(route: Route) -> Json:
    if route.operation.media != JSON:
        return {LIMIT_HEADER: {"required": True, "schema": {"type": "integer"}}}
    if route.method == "GET":
        return {"ETag": {"required": True, "schema": {"type": "string"}}}
    return {REPLAYED_HEADER: REPLAYED} if route.operation.changes else {}


def _without_null(schema: Json) -> Json:
    """Return the schema of a parameter. A missing one is null in the code, never in a query."""
    kept = {key: value for key, value in schema.items() if key not in {"anyOf", "title"}}
    branches = [branch for branch in schema.get("anyOf", ()) if branch != {"type": "null"}]
    if kept.get("default", "") is None:
        del kept["default"]
    return kept | (branches[0] if len(branches) == 1 else {"anyOf": branches} if branches else {})


def _inline(schema: Json, definitions: Json) -> Json:
    """Replace a reference to an enum by the enum itself."""
    if "$ref" not in schema:
        return schema
    definition = definitions[schema["$ref"].rpartition("/")[2]]
    rest = {key: value for key, value in schema.items() if key != "$ref"}
    return {"type": definition["type"], "enum": definition["enum"]} | rest


def _request_body(operation: Operation) -> Json:
    content: Json = {"schema": {"$ref": REF.format(model=operation.body.__name__)}}
    if operation.example.body is not None:
        content["example"] = dict(operation.example.body)
    return {"required": not _accepts_nothing(operation.body), "content": {JSON: content}}


def _accepts_nothing(body: type[BaseModel]) -> bool:
    """Tell whether a request without a body is valid; it is read as an empty object."""
    try:
        body.model_validate({})
    except ValidationError:
        return False
    return True


def _responses(route: Route, answer: Json, schemas: Json) -> Iterator[tuple[str, Json]]:
    sample = sample_of(answer, schemas)
    if isinstance(sample, dict):
        sample |= route.operation.example.answer
    yield (
        str(int(route.operation.status)),
        {
            "description": route.operation.status.phrase,
            "headers": _headers(route),
            "content": {route.operation.media: {"schema": answer, "example": sample}},
        },
    )
    if route.method == "GET":
        yield "304", {"description": "Not changed since the ETag in `If-None-Match`."}
    has_id = bool(route.variables)
    for status in refusals_of(route.operation, method=route.method, has_id=has_id):
        yield str(int(status)), {"$ref": f"#/components/responses/{status.name}"}


def _security(route: Route) -> list[Json]:
    session: Json = {"session": []} if route.method == "GET" else {"session": [], "csrf": []}
    return [{"token": []}, session]


def _tags(app: Flask, routes: list[Route]) -> Iterator[Json]:
    for tag, endpoint in sorted({route.tag: route.endpoint for route in routes}.items()):
        module = sys.modules[app.blueprints[endpoint.partition(".")[0]].import_name]
        yield {"name": tag, "description": (module.__doc__ or "").strip()}
