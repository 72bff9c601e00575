"""The JSON API. A view parses the request, calls a use case and returns its result."""

from flask import Flask

from app.web.api import automation, cases, checkers, customers, events, inbox, outbound, reports


def install(app: Flask) -> None:
    """Serve everything under `/api`."""
    for module in (automation, inbox, events, checkers, cases, customers, outbound, reports):
        app.register_blueprint(module.blueprint)
