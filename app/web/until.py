"""Read the moments that people and programs choose for promises and snoozes."""

from datetime import datetime
from zoneinfo import ZoneInfo

from app.core.errors import InvalidInput
from app.inbox.deadlines import BusinessHours, Choice, moment_of, parse_moment
from app.web.context import container

NEXT_OCCURRENCE = "next_occurrence"


def business_hours() -> BusinessHours:
    """Return the business hours of the settings."""
    settings = container().settings
    return BusinessHours(
        settings.business_day_starts_at,
        settings.business_day_ends_at,
        ZoneInfo(settings.timezone),
    )


def read_promise(text: str | None) -> datetime | None:
    """Return the moment of a promise; None if there is none. Raises InvalidInput."""
    if not text:
        return None
    return parse_moment(text, now=container().clock(), hours=business_hours())


def read_snooze(text: str) -> datetime | None:
    """Return the end of a snooze; None means the next occurrence. Raises InvalidInput."""
    return None if text == NEXT_OCCURRENCE else read_promise(text)


def chosen(choice: str | None, at: str | None) -> str | None:
    """Return what a form means by a choice and a time of its own, which wins over the choice.

    The time has no offset, as browsers send it: it is one of AUTOMATION_TIMEZONE.
    """
    return _with_offset(at) if at else choice


def moments_of(choices: tuple[Choice, ...]) -> dict[Choice, datetime]:
    """Return the moment that each choice means now."""
    now, hours = container().clock(), business_hours()
    return {choice: moment_of(choice, now=now, hours=hours) for choice in choices}


def _with_offset(at: str) -> str:
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        raise InvalidInput(
            "The time must be a date and a time of day, such as 2026-11-30 14:30.", field="at"
        ) from None
    zone = ZoneInfo(container().settings.timezone)
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).isoformat()
