"""What WhatsApp sends us: its challenge, customers' messages, delivery statuses."""

from flask import Flask

from app.web.webhooks.views import blueprint


def install(app: Flask) -> None:
    """Serve the webhooks."""
    app.register_blueprint(blueprint)
