"""The web: JSON API, pages and webhooks. It does not use the broker."""

import sys

from flask import Flask
from flask_bootstrap import Bootstrap5

from app.bootstrap import Container, build
from app.core.errors import SettingsError
from app.core.logs import configure_logging
from app.core.settings import Settings
from app.web import api, gate, health, metrics, pages, problems, request_id, security, webhooks
from app.web.requests import CONVERTERS, JsonProvider

MAX_BODY_BYTES = 4 * 1024 * 1024
"""The largest body of a webhook. Meta sends up to 3 MB."""


def create_app(container: Container | None = None) -> Flask:
    """Return the web application. Without `container`, build one from the environment.

    No connection is opened before the first request. If a setting is missing or malformed,
    the process exits with one sentence.
    """
    app = Flask(__name__)
    app.extensions["container"] = container or _built_from_environment()
    app.json = JsonProvider(app)
    app.url_map.converters.update(CONVERTERS)
    app.config.update(MAX_CONTENT_LENGTH=MAX_BODY_BYTES, BOOTSTRAP_SERVE_LOCAL=True)
    Bootstrap5(app)
    for part in (request_id, metrics, security, gate, problems, health, api, pages, webhooks):
        part.install(app)
    return app


def _built_from_environment() -> Container:
    try:
        settings = Settings.load()
    except SettingsError as error:
        sys.exit(str(error))
    configure_logging(process="web", form=settings.log_format)
    return build(settings, process="web")
