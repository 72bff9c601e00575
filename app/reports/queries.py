"""Read the daily summaries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.errors import NotFound
from app.core.paging import DEFAULT_LIMIT, MAX_LIMIT, Page, decode_cursor, encode_cursor
from app.core.views import view_of
from app.reports.key_figures import FigureTrend, trends_of
from app.reports.models import DailySummary
from app.reports.summary_words import headline_of

DAYS_BEFORE = 13
"""How many earlier summaries a summary is compared with, at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """The figures of a business date and one sentence about them."""

    business_date: date
    headline: str
    summary: dict[str, Any]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class SummaryWithTrend:
    """A summary, and each of its key figures beside those of the summaries before it."""

    summary: Summary
    trend: Sequence[FigureTrend]


def list_summaries(
    session: Session, *, cursor: str | None = None, limit: int = DEFAULT_LIMIT
) -> Page[Summary]:
    """Return a page of summaries, the newest date first. Raises InvalidInput on a foreign cursor.

    The cursor holds the ordinal of a date in place of an id, because a summary of an old date
    may be made late.
    """
    limit = min(limit, MAX_LIMIT)
    newest = select(DailySummary).order_by(DailySummary.business_date.desc()).limit(limit + 1)
    if cursor is not None:
        newest = newest.where(DailySummary.business_date < _date_of(cursor))
    rows = session.scalars(newest).all()
    summaries = [_summary_of(row) for row in rows[:limit]]
    if len(rows) <= limit:
        return Page(summaries, None)
    return Page(summaries, encode_cursor(summaries[-1].business_date.toordinal()))


def show_summary(session: Session, day: date) -> SummaryWithTrend:
    """Return the summary of `day` with its trend. Raises NotFound."""
    rows = session.scalars(
        select(DailySummary)
        .where(DailySummary.business_date <= day)
        .order_by(DailySummary.business_date.desc())
        .limit(DAYS_BEFORE + 1)
    ).all()
    if not rows or rows[0].business_date != day:
        raise NotFound(f"There is no summary of {day}.")
    days = [(row.business_date, row.summary) for row in reversed(rows)]
    return SummaryWithTrend(_summary_of(rows[0]), trends_of(days))


def _summary_of(row: DailySummary) -> Summary:
    return view_of(Summary, row, headline=headline_of(row.summary))


def _date_of(cursor: str) -> date:
    return date.fromordinal(max(min(decode_cursor(cursor), date.max.toordinal()), 1))
