"""The JSON API. A view takes the parsed request, calls a use case and returns its result."""

from flask import Flask

from app.web.api import (
    automation,
    cases,
    checkers,
    customers,
    documentation,
    events,
    inbox,
    outbound,
    reports,
)

_PARTS = (
    automation,
    cases,
    checkers,
    customers,
    documentation,
    events,
    inbox,
    outbound,
    reports,
)


def install(app: Flask) -> None:
    """Serve everything under `/api`."""
    for part in _PARTS:
        app.register_blueprint(part.blueprint)
