"""The contract of the API: the OpenAPI document, and a page that shows it."""

from typing import Any

from flask import Blueprint, current_app, render_template, request
from flask.typing import ResponseReturnValue

from app.web.api.openapi import document_of
from app.web.api.operation import Example, operation
from app.web.api.reference import groups_of
from app.web.api.schema_words import fields_of

blueprint = Blueprint("api_contract", __name__, url_prefix="/api")


@blueprint.get("/openapi.json")
@operation(example=Example(answer={"openapi": "3.1.0"}))
def document() -> dict[str, Any]:
    """Answer with the OpenAPI document of the API."""
    return document_of(current_app)


@blueprint.get("/docs")
def page() -> ResponseReturnValue:
    """Show the OpenAPI document as a page."""
    shown = document_of(current_app)
    schemas = shown["components"]["schemas"]
    forms = [(name, fields_of(schema, schemas)) for name, schema in sorted(schemas.items())]
    return render_template(
        "api.html",
        document=shown,
        groups=groups_of(shown),
        forms=[(name, fields) for name, fields in forms if fields],
        base=request.url_root.rstrip("/"),
    )
