"""The webhooks that WhatsApp calls."""

from flask import Flask

from app.web.webhooks.whatsapp import blueprint


def install(app: Flask) -> None:
    """Serve the webhooks."""
    app.register_blueprint(blueprint)
