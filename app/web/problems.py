"""Map errors to responses: problem+json (RFC 9457) for programs, a page for people."""

from dataclasses import dataclass
from http import HTTPStatus

import structlog
from flask import Flask, Response, g, json, make_response, render_template, request
from werkzeug.exceptions import HTTPException

from app.core.database_errors import DATABASE_ERRORS, Fault, fault_of
from app.core.errors import (
    AutomationError,
    Conflict,
    DatabaseUnavailable,
    Forbidden,
    InvalidInput,
    LimitExceeded,
    NotFound,
    Stale,
)
from app.core.security_log import record_security
from app.web.request_id import request_id

STATUSES: dict[type[AutomationError], HTTPStatus] = {
    InvalidInput: HTTPStatus.UNPROCESSABLE_ENTITY,
    NotFound: HTTPStatus.NOT_FOUND,
    Forbidden: HTTPStatus.FORBIDDEN,
    Conflict: HTTPStatus.CONFLICT,
    LimitExceeded: HTTPStatus.TOO_MANY_REQUESTS,
    DatabaseUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
}
DATABASE_STATUSES: dict[Fault, HTTPStatus] = {
    Fault.AWAY: HTTPStatus.SERVICE_UNAVAILABLE,
    Fault.BUSY: HTTPStatus.SERVICE_UNAVAILABLE,
    Fault.REFUSED: HTTPStatus.UNPROCESSABLE_ENTITY,
    Fault.OURS: HTTPStatus.INTERNAL_SERVER_ERROR,
}
RETRY_AFTER_SECONDS = 5

_FOR_PROGRAMS = ("/api/", "/webhooks/", "/healthz", "/readyz", "/metrics")
_DOCUMENTATION = "/api/docs"
"""A page for people, below a path for programs."""

_SECURITY_STATUSES = frozenset(
    {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS}
)
_FORGED = frozenset({"CSRFError", "BadHost", "SecurityError"})
_METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})
_KEPT_HEADERS = ("Allow", "Retry-After", "WWW-Authenticate")


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """An error of the API (RFC 9457). `field` names the part of the request that is wrong."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    field: str | None = None


log = structlog.get_logger(__name__)


def install(app: Flask) -> None:
    """Register a handler for every kind of error."""
    app.register_error_handler(AutomationError, _refuse)
    app.register_error_handler(HTTPException, _pass_on)
    for kind in DATABASE_ERRORS:
        app.register_error_handler(kind, _database_failed)


def is_for_programs() -> bool:
    """Tell whether the path of this request is one that programs use."""
    return request.path.startswith(_FOR_PROGRAMS) and request.path != _DOCUMENTATION


def problem(status: int, detail: str, *, field: str | None = None) -> Response:
    """Return the error response, as JSON for programs and as a page for people."""
    title = HTTPStatus(status).phrase
    if status == HTTPStatus.INTERNAL_SERVER_ERROR:
        detail = f"{detail} The reference of this error is {request_id()}."
    if not is_for_programs():
        page = render_template("error.html", status=status, title=title, detail=detail)
        return make_response(page, status)
    members = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    if field:
        members["field"] = field
    return Response(json.dumps(members), status, mimetype="application/problem+json")


def _refuse(error: AutomationError) -> Response:
    status = next((STATUSES[kind] for kind in type(error).__mro__ if kind in STATUSES), None)
    if status is None:
        log.error("request_failed", path=request.path, exc_info=error)
        return problem(HTTPStatus.INTERNAL_SERVER_ERROR, _SORRY)
    _record_refusal(status, type(error).__name__)
    if isinstance(error, Stale) and "If-Match" in request.headers:
        status = HTTPStatus.PRECONDITION_FAILED
    return problem(status, str(error), field=getattr(error, "field", None))


def _pass_on(error: HTTPException) -> Response:
    status = error.code or HTTPStatus.INTERNAL_SERVER_ERROR
    fault_is_ours = status == HTTPStatus.INTERNAL_SERVER_ERROR
    _record_refusal(status, type(error).__name__)
    response = problem(status, _SORRY if fault_is_ours else error.description or "")
    headers = error.get_response(request.environ).headers
    for name in _KEPT_HEADERS:
        if name in headers:
            response.headers[name] = headers[name]
    return response


def _record_refusal(status: int, reason: str) -> None:
    """Record that a caller was refused: not known, not allowed, too often, or a forged form."""
    if status not in _SECURITY_STATUSES and reason not in _FORGED:
        return
    identity = g.get("identity")
    record_security(
        "request_refused",
        source_address=request.remote_addr,
        actor=identity.name if identity else None,
        status=int(status),
        reason=reason,
        method=request.method if request.method in _METHODS else "other",
        endpoint=request.endpoint,
    )


def _database_failed(error: Exception) -> Response:
    fault = fault_of(error)
    exc_info = error if fault is Fault.OURS else None
    log.error(
        "database_failed",
        path=request.path,
        fault=fault.name.lower(),
        error_class=type(error).__name__,
        exc_info=exc_info,
    )
    response = problem(DATABASE_STATUSES[fault], fault.value)
    if fault.may_pass:
        response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response


_SORRY = "An internal error occurred and was logged; try again, or tell an operator the time."
