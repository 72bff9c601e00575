"""Work that always fails, which several drills need: an outbound job and an event."""

import secrets

from app.core.settings import Settings
from devtools.drills.check_recorder import CheckRecorder, DrillStopped
from devtools.drills.customer import new_number

INVALID_RECIPIENT = "+15550131026"
"""The sandbox refuses every message to this number, because it is not on WhatsApp."""

UNKNOWN_TYPE = "drill_of_a_newer_release"
"""An event type without a draft, as a newer release may have recorded it."""

PLANNED_REFUSALS = 50
"""More than the attempts of one message."""

DELIVERY_SECONDS = 15.0
"""The time within which a due event must have become an item."""


def submit_failing_job(recorder: CheckRecorder, *, recipient: str = INVALID_RECIPIENT) -> int:
    """Submit a message to an invalid recipient through the API; return the job's id."""
    body = {"recipient": recipient, "text": "Your card is on its way."}
    response = recorder.request("POST", "/api/outbound/jobs", body=body)
    if not response.is_success:
        raise DrillStopped(f"The API refused an outbound job with {response.status_code}.")
    return int(response.json()["id"])


def new_invalid_recipient(recorder: CheckRecorder) -> str:
    """Return a new number that the sandbox refuses.

    The product sends one message at a time to a customer. So messages that must fail at the
    same time need different recipients.
    """
    number = new_number()
    plan = {"phone": number, "times": PLANNED_REFUSALS}
    recorder.target.sandbox.post("/api/failures", json=plan).raise_for_status()
    return number


def record_failing_event(recorder: CheckRecorder) -> int:
    """Insert an event of an unknown type, which no draft accepts; return its id."""
    rows = recorder.execute(
        """
        INSERT INTO cc_automation_events (event_type, dedupe_key, subject_ref, payload)
        VALUES (:type, :key, 'drill:1', '{}') RETURNING id
        """,
        type=UNKNOWN_TYPE,
        key=f"{UNKNOWN_TYPE}:{secrets.token_hex(6)}",
    )
    return int(rows[0][0])


def outbound_timeout(settings: Settings) -> float:
    """Return the seconds within which a message must have used all its attempts."""
    return _waits(
        settings.outbound_retry_base_seconds,
        settings.retry_cap_seconds,
        settings.outbound_max_attempts,
        per_attempt=4,
    )


def dispatch_timeout(settings: Settings) -> float:
    """Return the seconds within which an event must have used all its attempts."""
    return _waits(
        settings.retry_base_seconds,
        settings.retry_cap_seconds,
        settings.max_attempts,
        per_attempt=3,
    )


def _waits(base: float, cap: float, attempts: int, *, per_attempt: float) -> float:
    return (
        sum(min(base * 2.0**n, cap) * 1.1 + per_attempt for n in range(attempts)) + DELIVERY_SECONDS
    )
