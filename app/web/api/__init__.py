"""The JSON API: thin views that read a request, call a use case and show its value."""

from flask import Flask

from app.web.api import automation, cases, checkers, customers, events, inbox, outbound


def install(app: Flask) -> None:
    """Serve everything under `/api`."""
    for module in (automation, inbox, events, checkers, cases, customers, outbound):
        app.register_blueprint(module.blueprint)
