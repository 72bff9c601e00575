"""Periodic jobs that look for what should have happened. May import fraud, outbound and outbox."""
