"""The JSON API. A view takes the parsed request, calls a use case and returns its result."""

from flask import Flask

from app.web.api import (
    automation,
    bulk,
    case_replies,
    cases,
    checkers,
    customers,
    documentation,
    events,
    exports,
    failures,
    inbox,
    notifications,
    outbound,
    reports,
    saved_views,
    sessions,
    timelines,
    verifications,
)

_PARTS = (
    automation,
    bulk,
    cases,
    checkers,
    customers,
    documentation,
    events,
    exports,
    failures,
    inbox,
    notifications,
    outbound,
    case_replies,
    reports,
    saved_views,
    sessions,
    timelines,
    verifications,
)


def install(app: Flask) -> None:
    """Serve everything under `/api`."""
    for part in _PARTS:
        app.register_blueprint(part.blueprint)
