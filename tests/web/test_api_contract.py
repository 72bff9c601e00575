"""Every route of the API has a contract, and its document and its examples are true."""

import json
import re
from typing import Any

from flask import Flask

from app.bootstrap import Container
from app.web.api.openapi import Route, document_of, routes_of
from app.web.api.operation import Operation
from app.web.api.samples import sample_of
from tests.web.api_world import build_world
from tests.web.conftest import Program

PAGES = {"api_contract.page"}

HOW_TO = """
{rule} has no contract. Write

    @blueprint.post("/…")
    @operation(
        example=Example(path={{"item_id": 9}}, body={{…}}, answer={{…}}),
        refusals=[HTTPStatus.CONFLICT],
    )
    def view(session: Session, body: SomeBody, item_id: int) -> SomeAnswer:
        '''Say in one sentence what the call does.'''

as app/web/api/inbox.py does. `SomeAnswer` is a frozen dataclass, `SomeBody` a Body and
`query: SomeQuery` a Query of app/web/requests.py. Return the answer, not jsonify(answer), and
take `session` in place of `sessions.begin()`. The rows of the example come from
tests/web/api_world.py. docs/api.md explains it.
"""


def test_every_route_of_the_api_has_a_contract(web: Flask) -> None:
    without = [
        HOW_TO.format(rule=f"{rule.endpoint} ({rule.rule})")
        for rule in web.url_map.iter_rules()
        if rule.rule.startswith("/api/")
        and rule.endpoint not in PAGES
        and not isinstance(web.view_functions[rule.endpoint], Operation)
    ]
    assert not without, "\n".join(without)


def test_every_operation_is_described_in_the_document(web: Flask) -> None:
    document = document_of(web)
    described = [
        (path, method) for path, methods in document["paths"].items() for method in methods
    ]
    assert len(described) == len(routes_of(web)) > 20
    for route in routes_of(web):
        operation = document["paths"][route.path][route.method.lower()]
        assert operation["summary"].endswith("."), route.id
        assert "\n" not in operation["summary"], route.id
        names = {parameter["name"] for parameter in operation["parameters"]}
        assert names >= {*route.variables, *route.operation.example.query}, route.id


def test_names_in_the_document_are_unique(web: Flask) -> None:
    ids = [route.id for route in routes_of(web)]
    assert len(set(ids)) == len(ids)
    bodies = {route.operation.body for route in routes_of(web) if route.operation.has_body}
    assert len({body.__name__ for body in bodies}) == len(bodies)
    assert [name for name in document_of(web)["components"]["schemas"] if "__" in name] == []


def test_every_limit_is_one_that_json_schema_knows(web: Flask) -> None:
    """pydantic writes a limit as `ge` if it stands after a validator of the same type."""
    text = json.dumps(document_of(web))
    assert re.findall(r'"(?:[gl][et]|m[a-z]+_length|strict)": .{30}', text) == []


def test_every_example_is_answered_as_it_says(
    web: Flask, container: Container, program: Program
) -> None:
    build_world(container)
    wrong = [problem for route in routes_of(web) if (problem := _tried(program, route))]
    assert not wrong, "\n".join(wrong)


def _tried(program: Program, route: Route) -> str | None:
    """Send the example of a route; return what is wrong with the answer."""
    example = route.operation.example
    path = route.path.format(**example.path)
    call = program.get if route.method == "GET" else program.post
    more = {} if example.body is None else {"json": dict(example.body)}
    answer = call(path, query_string=dict(example.query), **more)
    if answer.status_code != route.operation.status:
        return f"{route.id}: {answer.status_code} {answer.text}"
    said, got = dict(example.answer), answer.get_json()
    if {name: got.get(name, "missing") for name in said} != said:
        return f"{route.id}: said {said}, got {got}"
    return None


def test_a_sample_fits_its_schema() -> None:
    schemas: dict[str, Any] = {"Colour": {"type": "string", "enum": ["red", "blue"]}}
    schema = {
        "type": "object",
        "properties": {
            "colour": {"$ref": "#/components/schemas/Colour"},
            "colours": {"type": "array", "items": {"$ref": "#/components/schemas/Colour"}},
            "at": {"anyOf": [{"type": "string", "format": "date-time"}, {"type": "null"}]},
            "day": {"type": "string", "format": "date"},
            "count": {"anyOf": [{"type": "integer"}, {"type": "number"}]},
        },
    }
    assert sample_of(schema, schemas) == {
        "colour": "red",
        "colours": ["red"],
        "at": None,
        "day": "2026-11-21",
        "count": 1,
    }
