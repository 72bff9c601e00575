"""The schedule, as data: which task runs when."""

from typing import Any

from app.core.settings import Settings

HEARTBEAT_SECONDS = 15
OUTBOUND_SECONDS = 2


def beat_schedule(settings: Settings) -> dict[str, dict[str, Any]]:
    """Return Celery's beat schedule; intervals in seconds, clock times in AUTOMATION_TIMEZONE.

    No entry expires: expiry compares the clocks of two machines. Beat looks at the length
    of a queue instead, and so does everyone else who sends.
    """
    return {
        "relay": _every(settings.relay_interval_seconds, "dispatch.relay"),
        "heartbeat": _every(HEARTBEAT_SECONDS, "dispatch.heartbeat"),
        "outbound": _every(OUTBOUND_SECONDS, "outbound.run"),
    }


def _every(seconds: float, task: str) -> dict[str, Any]:
    return {"task": task, "schedule": seconds}
