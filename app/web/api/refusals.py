"""The errors that an operation can answer, each with its reason."""

from http import HTTPStatus
from typing import Any

from app.web.api.operation import Operation
from app.web.problems import Problem

REASONS = {
    HTTPStatus.BAD_REQUEST: "The request is malformed, or the CSRF token of a session is missing.",
    HTTPStatus.UNAUTHORIZED: "No valid token and no session.",
    HTTPStatus.FORBIDDEN: "The caller is not an admin.",
    HTTPStatus.NOT_FOUND: "There is nothing with this id or value.",
    HTTPStatus.METHOD_NOT_ALLOWED: "The id is larger than any id that a row can have.",
    HTTPStatus.CONFLICT: "The state does not allow it, `detail` names who was first; or a request"
    " with the same idempotency key is in progress.",
    HTTPStatus.PRECONDITION_FAILED: "Changed since the ETag in `If-Match`; `detail` names who did.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The body is larger than 64 KiB.",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "The body is not sent as `application/json`.",
    HTTPStatus.UNPROCESSABLE_ENTITY: "A parameter or field can't be used; `field` names it.",
    HTTPStatus.TOO_MANY_REQUESTS: "A limit is reached; try again after `Retry-After`.",
    HTTPStatus.INTERNAL_SERVER_ERROR: "An error of ours. `detail` has its reference for operators.",
    HTTPStatus.SERVICE_UNAVAILABLE: "The database is away or busy; try again after `Retry-After`.",
}
"""When the API answers with each error."""

_ALWAYS = frozenset(
    {
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.UNAUTHORIZED,
        HTTPStatus.FORBIDDEN,
        HTTPStatus.UNPROCESSABLE_ENTITY,
        HTTPStatus.INTERNAL_SERVER_ERROR,
        HTTPStatus.SERVICE_UNAVAILABLE,
    }
)
_OF_A_BODY = frozenset({HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNSUPPORTED_MEDIA_TYPE})
_HEADERS = {
    HTTPStatus.UNAUTHORIZED: ("WWW-Authenticate", {"type": "string"}),
    HTTPStatus.TOO_MANY_REQUESTS: ("Retry-After", {"type": "integer", "minimum": 1}),
    HTTPStatus.SERVICE_UNAVAILABLE: ("Retry-After", {"type": "integer", "minimum": 1}),
}


def refusals_of(operation: Operation, *, method: str, has_id: bool) -> list[HTTPStatus]:
    """Return every error status that `operation` can answer, in order."""
    statuses = _ALWAYS | operation.refusals
    if has_id:
        statuses |= {HTTPStatus.NOT_FOUND}
    if method != "GET":
        statuses |= _OF_A_BODY
    if method != "GET" and operation.changes:
        statuses |= {HTTPStatus.CONFLICT}
    if operation.takes_version:
        statuses |= {HTTPStatus.PRECONDITION_FAILED}
    return sorted(statuses)


def responses() -> dict[str, Any]:
    """Return the description of each error, for the components of the OpenAPI document."""
    return {status.name: _response(status) for status in REASONS}


def _response(status: HTTPStatus) -> dict[str, Any]:
    schema = {"$ref": f"#/components/schemas/{Problem.__name__}"}
    described: dict[str, Any] = {
        "description": REASONS[status],
        "content": {"application/problem+json": {"schema": schema}},
    }
    if status in _HEADERS:
        name, form = _HEADERS[status]
        described["headers"] = {name: {"required": True, "schema": form}}
    return described
