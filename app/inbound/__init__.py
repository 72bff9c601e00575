"""What WhatsApp sends us: read, taken in part by part, and kept where we can't use it.

May import fraud, outbound and outbox.
"""
