"""Reports: trends, daily summaries, and what a person did."""

from datetime import date
from zoneinfo import ZoneInfo

from flask import Blueprint
from sqlalchemy.orm import Session

from app.core.paging import Page
from app.core.views import view_of
from app.reports.activity import Act, list_activity
from app.reports.queries import Summary, list_summaries, show_summary
from app.reports.trends import Trends, read_trends
from app.web.api.answers import SummaryWithTrend
from app.web.api.operation import Example, operation
from app.web.context import container
from app.web.queries import ActivityQuery, TrendsQuery
from app.web.requests import ListQuery

blueprint = Blueprint("api_reports", __name__, url_prefix="/api/automation")


@blueprint.get("/trends")
@operation(example=Example(query={"window": "14d"}, answer={"window": "14d"}))
def trends(session: Session, query: TrendsQuery) -> Trends:
    """Answer with the trends of a window: 24h by hour, 14d or 30d by date."""
    timezone = container().settings.timezone
    return read_trends(session, query.window, now=container().clock(), timezone=timezone)


@blueprint.get("/people/<name>/activity")
@operation(example=Example(path={"name": "maria"}, query={"action": "resolve"}))
def activity(session: Session, query: ActivityQuery, name: str) -> Page[Act]:
    """Answer with what a person did, newest first: acts on items, events and jobs, and exports."""
    wanted = query.filter(ZoneInfo(container().settings.timezone))
    return list_activity(session, name, wanted, cursor=query.cursor, limit=query.limit)


@blueprint.get("/summaries")
@operation(example=Example(query={"limit": 14}, answer={"next_cursor": None}))
def summaries(session: Session, query: ListQuery) -> Page[Summary]:
    """Answer with a page of daily summaries, the newest date first."""
    return list_summaries(session, cursor=query.cursor, limit=query.limit)


@blueprint.get("/summaries/<date:day>")
@operation(
    example=Example(path={"day": "2026-11-20"}, answer={"business_date": "2026-11-20"}),
)
def summary(session: Session, day: date) -> SummaryWithTrend:
    """Answer with the summary of a date, and its key figures beside those of earlier dates."""
    found = show_summary(session, day)
    return view_of(SummaryWithTrend, found.summary, trend=found.trend)
