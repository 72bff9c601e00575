"""The schedule, as data: which task runs when."""

from typing import Any

from celery.schedules import crontab

from app.core.settings import Settings

HEARTBEAT_SECONDS = 15
OUTBOUND_SECONDS = 2
NOTIFICATIONS_SECONDS = 5
CATCH_UP_SECONDS = 60
BULK_SECONDS = 2
INDEX_SECONDS = 5
DISCARD_SECONDS = 600


def beat_schedule(settings: Settings) -> dict[str, dict[str, Any]]:
    """Return Celery's beat schedule; intervals in seconds, clock times in AUTOMATION_TIMEZONE.

    No entry expires: expiry compares the clocks of two machines. Beat looks at the length
    of a queue instead, and so does everyone else who sends. A periodic run that comes late,
    twice or not at all is no harm: each claims its slot, and `catch-up` runs what is owed.
    """
    summary_at = settings.daily_summary_at
    return {
        "relay": _every(settings.relay_interval_seconds, "dispatch.relay"),
        "heartbeat": _every(HEARTBEAT_SECONDS, "dispatch.heartbeat"),
        "outbound-heartbeat": _every(HEARTBEAT_SECONDS, "outbound.heartbeat"),
        "periodic-heartbeat": _every(HEARTBEAT_SECONDS, "periodic.heartbeat"),
        "notifications-heartbeat": _every(HEARTBEAT_SECONDS, "notifications.heartbeat"),
        "outbound": _every(OUTBOUND_SECONDS, "outbound.run"),
        "bulk-jobs": _every(BULK_SECONDS, "periodic.run_bulk_jobs"),
        "index-items": _every(INDEX_SECONDS, "periodic.index_items"),
        "notifications": _every(NOTIFICATIONS_SECONDS, "notifications.send"),
        "otp-stuck": _at("periodic.otp_stuck", minute=f"*/{settings.otp_stuck_every_minutes}"),
        "daily-summary": _at(
            "periodic.daily_summary", hour=summary_at.hour, minute=summary_at.minute
        ),
        "trend-hours": _at("periodic.trend_hours", minute=0),
        "catch-up": _every(CATCH_UP_SECONDS, "periodic.catch_up"),
        "discard-expired": _every(DISCARD_SECONDS, "periodic.discard_expired"),
    }


def _every(seconds: float, task: str) -> dict[str, Any]:
    return {"task": task, "schedule": seconds}


def _at(task: str, **times: int | str) -> dict[str, Any]:
    return {"task": task, "schedule": crontab(**times)}
