"""What WhatsApp sends us: its challenge, customers' messages, delivery statuses."""

from app.web.webhooks.views import blueprint

__all__ = ["blueprint"]
