"""The page of the API: every call is on it, with a command that does what it says."""

import json
import shlex

import pytest
from flask import Flask

from app.web.api.openapi import document_of, routes_of
from app.web.api.reference import Call, groups_of
from app.web.api.schema_words import FieldWords, Schema, fields_of, kind_of
from tests.web.conftest import Browser, Program

COLOUR: Schema = {"type": "string", "enum": ["red", "blue"]}
CAR: Schema = {
    "type": "object",
    "required": ["colour"],
    "properties": {"colour": {"$ref": "#/components/schemas/Colour"}, "seats": {"type": "integer"}},
}
SCHEMAS = {"Colour": COLOUR, "Car": CAR}
REF_CAR: Schema = {"$ref": "#/components/schemas/Car"}


def test_every_call_is_on_the_page(web: Flask, admin: Browser) -> None:
    page = admin.get("/api/docs").text
    routes = routes_of(web)
    assert len(routes) > 20
    assert [route.id for route in routes if f'id="{route.id}"' not in page] == []


def test_the_page_is_for_admins_and_sends_others_to_the_login(
    anonymous: Browser, agent: Browser, program: Program
) -> None:
    answer = anonymous.get("/api/docs")
    assert (answer.status_code, answer.location) == (303, "/login?next=%2Fapi%2Fdocs")
    assert agent.get("/api/docs").status_code == 403
    assert program.get("/api/docs").status_code == 200


def test_every_command_sends_the_example(web: Flask) -> None:
    calls = [call for group in groups_of(document_of(web)) for call in group.calls]
    examples = {route.id: route.operation.example for route in routes_of(web)}
    for call in calls:
        words = shlex.split(call.command)
        assert words[0] == "curl"
        assert words[-1].startswith("{base}" + call.path.format(**examples[call.id].path))
        assert _body(words) == examples[call.id].body, call.id
        assert _method(call, words) == call.method


def _body(words: list[str]) -> object:
    return json.loads(words[words.index("--json") + 1]) if "--json" in words else None


def _method(call: Call, words: list[str]) -> str:
    return words[words.index("-X") + 1] if call.method != "GET" else "GET"


@pytest.mark.parametrize(
    "schema, words",
    [
        ({"type": "integer", "minimum": 1, "maximum": 200}, "integer, at least 1, at most 200"),
        ({"type": "string", "minLength": 1}, "string"),
        ({"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}]}, "date or null"),
        ({"type": "array", "items": REF_CAR, "maxItems": 3}, "list of Car, at most 3 entries"),
        ({"$ref": "#/components/schemas/Colour"}, "one of red, blue"),
        ({"type": "string", "const": "fixed"}, "fixed"),
        ({}, "anything"),
    ],
)
def test_a_schema_is_put_in_words(schema: Schema, words: str) -> None:
    assert kind_of(schema, SCHEMAS) == words


@pytest.mark.parametrize("schema", [REF_CAR, {"type": "array", "items": REF_CAR}])
def test_the_fields_of_an_object_or_of_a_list_of_objects(schema: Schema) -> None:
    assert fields_of(schema, SCHEMAS) == (
        FieldWords("colour", "one of red, blue", is_required=True),
        FieldWords("seats", "integer", is_required=False),
    )
    assert fields_of({"type": "string"}, SCHEMAS) == ()
