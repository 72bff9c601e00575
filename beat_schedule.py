"""The schedule, as data: which task runs when."""

from typing import Any

from app.core.settings import Settings

HEARTBEAT_SECONDS = 15
OUTBOUND_SECONDS = 2


def beat_schedule(settings: Settings) -> dict[str, dict[str, Any]]:
    """Return Celery's beat schedule; intervals in seconds, clock times in AUTOMATION_TIMEZONE.

    What comes round every few seconds expires before its successor does its work.
    """
    return {
        "relay": _every(settings.relay_interval_seconds, "dispatch.relay"),
        "heartbeat": _every(HEARTBEAT_SECONDS, "dispatch.heartbeat"),
        "outbound": _every(OUTBOUND_SECONDS, "outbound.run"),
    }


def _every(seconds: float, task: str) -> dict[str, Any]:
    return {"task": task, "schedule": seconds, "options": {"expires": max(seconds, 1) * 2}}
