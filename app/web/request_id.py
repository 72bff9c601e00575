"""An id for each request: in its log lines, in its response, and on the page of an error."""

import secrets

import structlog
from flask import Flask, Response, g

HEADER = "X-Request-Id"


def install(app: Flask) -> None:
    """Give each request an id before anything else runs."""
    app.before_request(_bind)
    app.after_request(_add_header)
    app.teardown_request(_unbind)


def request_id() -> str:
    """Return the id of this request."""
    return str(g.request_id)


def _bind() -> None:
    g.request_id = secrets.token_hex(8)
    structlog.contextvars.bind_contextvars(request_id=g.request_id)


def _add_header(response: Response) -> Response:
    response.headers[HEADER] = request_id()
    return response


def _unbind(_error: BaseException | None) -> None:
    structlog.contextvars.unbind_contextvars("request_id")
