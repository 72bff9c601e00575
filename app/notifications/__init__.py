"""Notifications about items to people outside the product. May import outbound and below."""
