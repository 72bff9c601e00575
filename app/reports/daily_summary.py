"""Summarise a business date once: store its figures and record one event."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.core.database import Sessions
from app.core.errors import InvalidInput
from app.core.redaction import redact
from app.outbox.events import DailyOperationalSummaryReady
from app.outbox.record import record_event
from app.reports.business_day import business_day, date_in
from app.reports.figures import count_day
from app.reports.models import DailySummary
from app.reports.summary_words import headline_of, report_of

EARLIEST = date(2000, 1, 1)


@dataclass(frozen=True, slots=True)
class DailySummaryResult:
    """The summary of a date. `is_new` is True if this call created it."""

    business_date: date
    summary: dict[str, Any]
    is_new: bool


def summarise_day(
    sessions: Sessions, *, day: date | None, timezone: str, now: datetime
) -> DailySummaryResult:
    """Return the summary of `day` in `timezone`; the default is the last complete date.

    The first call stores the figures and records the event. Later calls return the stored
    figures, even if rows have changed since. Raises InvalidInput unless the date is complete.
    """
    zone = ZoneInfo(timezone)
    today = date_in(zone, now)
    day = day or today - timedelta(days=1)
    if not EARLIEST <= day < today:
        raise InvalidInput(
            f"The date must be before {today}, the current date in {timezone}, and not before"
            f" {EARLIEST}.",
            field="date",
        )
    with sessions.begin() as session:
        return store_summary(session, day, zone=zone)


def store_summary(session: Session, day: date, *, zone: ZoneInfo) -> DailySummaryResult:
    """Like `summarise_day`, for a complete date, in the caller's transaction."""
    kept = _kept(session, day)
    if kept is not None:
        return DailySummaryResult(day, kept, is_new=False)
    summary = _summarise(session, day, zone)
    row = insert(DailySummary).values(business_date=day, summary=summary)
    if session.scalar(row.on_conflict_do_nothing().returning(DailySummary.id)) is None:
        return DailySummaryResult(day, _kept(session, day) or summary, is_new=False)
    record_event(
        session,
        DailyOperationalSummaryReady(
            business_date=day, headline=headline_of(summary), report=report_of(summary)
        ),
    )
    return DailySummaryResult(day, summary, is_new=True)


def _kept(session: Session, day: date) -> dict[str, Any] | None:
    return session.scalar(select(DailySummary.summary).where(DailySummary.business_date == day))


def _summarise(session: Session, day: date, zone: ZoneInfo) -> dict[str, Any]:
    bounds = business_day(day, zone)
    figures: dict[str, Any] = redact(count_day(session, bounds))
    return {
        "timezone": zone.key,
        "starts_at": bounds.starts_at.isoformat(),
        "ends_at": bounds.ends_at.isoformat(),
        **figures,
    }
