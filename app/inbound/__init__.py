"""Process the webhooks of WhatsApp, and quarantine parts that can't be used.

May import fraud, outbound and outbox.
"""
