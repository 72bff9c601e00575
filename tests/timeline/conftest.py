"""The fixtures of customers' tests."""

from tests.whatsapp import customer, read, sandbox, settings, web, web_port

__all__ = ["customer", "read", "sandbox", "settings", "web", "web_port"]
