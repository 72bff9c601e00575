"""The contract of the API: the OpenAPI document, and a page that shows it."""

from typing import Any

from flask import Blueprint, current_app

from app.web.api.openapi import document_of
from app.web.api.operation import Example, operation

blueprint = Blueprint("api_contract", __name__, url_prefix="/api")


@blueprint.get("/openapi.json")
@operation(example=Example(answer={"openapi": "3.1.0"}))
def document() -> dict[str, Any]:
    """Answer with the OpenAPI document of the API."""
    return document_of(current_app)
