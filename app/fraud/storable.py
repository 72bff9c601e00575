"""What customers wrote, as it may be kept. Pure."""

from app.core.redaction import redact_text

MAX_REPORT = 1000
"""Characters kept of what a customer reports, all their messages together."""

MAX_MESSAGE = 4000
"""Characters kept of one message that is added to a case."""


def storable(report: str, *, limit: int = MAX_REPORT) -> str:
    """Return words as they may be kept: redacted, without control characters, capped."""
    plain = "".join(char if char.isprintable() or char == "\n" else " " for char in report)
    redacted = redact_text(plain)
    return redacted if len(redacted) <= limit else f"{redacted[: limit - 1]}…"
