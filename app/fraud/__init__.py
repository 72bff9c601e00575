"""Fraud reports by WhatsApp: conversation, verification, cases. May import outbound and outbox."""
