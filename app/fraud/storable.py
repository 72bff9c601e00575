"""Make texts of customers storable. Pure."""

from app.core.redaction import KnownSecrets, redact_text

MAX_REPORT = 1000
"""The most characters of a report, with all messages that were added to it."""

MAX_MESSAGE = 4000
"""The most characters of one message of a case."""


def storable(report: str, *, known: KnownSecrets, limit: int = MAX_REPORT) -> str:
    """Return the text redacted, without control characters, and cut to `limit` characters."""
    plain = "".join(char if char.isprintable() or char == "\n" else " " for char in report)
    redacted = redact_text(plain, known=known)
    return redacted if len(redacted) <= limit else f"{redacted[: limit - 1]}…"
