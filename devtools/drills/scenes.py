"""What several drills begin with: a message that fails, an event that dies."""

import secrets

from app.core.settings import Settings
from devtools.drills.book import Book, DrillStopped

INVALID = "+15550131026"
"""The sandbox refuses every message to this number: nobody there has WhatsApp."""

UNKNOWN_TYPE = "drill_of_a_newer_release"
"""An event type that no draft knows, as a newer release may have recorded it."""

PROMPT_SECONDS = 15.0


def submit_doomed_job(book: Book) -> int:
    """Ask the API for a message to an invalid recipient; return the job's id."""
    body = {"recipient": INVALID, "text": "Your card is on its way."}
    response = book.call("POST", "/api/outbound/jobs", body=body)
    if not response.is_success:
        raise DrillStopped(f"The API took no outbound job; it answered {response.status_code}.")
    return int(response.json()["id"])


def record_doomed_event(book: Book) -> int:
    """Write an event that nothing can draft, as a newer release might; return its id."""
    rows = book.change(
        """
        INSERT INTO cc_automation_events (event_type, dedupe_key, subject_ref, payload)
        VALUES (:type, :key, 'drill:1', '{}') RETURNING id
        """,
        type=UNKNOWN_TYPE,
        key=f"{UNKNOWN_TYPE}:{secrets.token_hex(6)}",
    )
    return int(rows[0][0])


def outbound_patience(settings: Settings) -> float:
    """Return the seconds within which a message must have used up its tries."""
    return _waits(
        settings.outbound_retry_base_seconds,
        settings.retry_cap_seconds,
        settings.outbound_max_attempts,
        per_try=4,
    )


def dispatch_patience(settings: Settings) -> float:
    """Return the seconds within which an event must have used up its tries."""
    return _waits(
        settings.retry_base_seconds, settings.retry_cap_seconds, settings.max_attempts, per_try=3
    )


def _waits(base: float, cap: float, tries: int, *, per_try: float) -> float:
    return sum(min(base * 2.0**n, cap) * 1.1 + per_try for n in range(tries)) + PROMPT_SECONDS
