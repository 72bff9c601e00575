"""Reports: trends, daily summaries, and what a person did."""

from datetime import date
from http import HTTPStatus
from zoneinfo import ZoneInfo

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.fraud.models import VerificationStatus
from app.inbox.actions import NOTE, UNDO, UNDOABLE
from app.inbox.drafts import Severity
from app.notifications.change_history import NOTIFICATION_ACTIONS
from app.reports.activity import EXPORT, list_activity
from app.reports.figures import AGES, OLDER
from app.reports.key_figures import FigureTrend
from app.reports.queries import list_summaries, show_summary
from app.reports.trends import read_trends
from app.web.charts import Chart, Series
from app.web.context import actor, container
from app.web.pages.display import words
from app.web.pages.trend_charts import (
    acknowledgement_charts,
    event_charts,
    items_chart,
    resolution_charts,
)
from app.web.queries import ActivityQuery, TrendsQuery
from app.web.requests import ListQuery, read_query

blueprint = Blueprint("reports", __name__, url_prefix="/automation")

ACTIONS = (*sorted({*UNDOABLE, NOTE, UNDO}), "retry", EXPORT, *NOTIFICATION_ACTIONS)
"""The actions that the log can be filtered by."""


@blueprint.get("/trends")
def trends() -> ResponseReturnValue:
    """Show the trends of a window."""
    query = read_query(TrendsQuery)
    with container().sessions.begin() as session:
        found = read_trends(
            session,
            query.window,
            now=container().clock(),
            timezone=container().settings.timezone,
        )
    return render_template(
        "trends.html",
        trends=found,
        items=items_chart(found),
        events=event_charts(found),
        acknowledgement=acknowledgement_charts(found),
        resolution=resolution_charts(found),
    )


@blueprint.get("/summaries")
def summaries() -> ResponseReturnValue:
    """Show a page of daily summaries."""
    query = read_query(ListQuery)
    with container().sessions.begin() as session:
        page = list_summaries(session, cursor=query.cursor, limit=query.limit)
    return render_template("summaries.html", page=page)


@blueprint.get("/summaries/<date:day>")
def summary(day: date) -> ResponseReturnValue:
    """Show the summary of a date: figures, their trend, and causes."""
    with container().sessions.begin() as session:
        found = show_summary(session, day)
    return render_template(
        "summary.html",
        summary=found.summary,
        trend=[(figure, sparkline(figure)) for figure in found.trend],
        severities=list(reversed(Severity)),
        ages=(*AGES, OLDER),
        verifications=list(VerificationStatus),
    )


@blueprint.get("/activity")
def my_activity() -> ResponseReturnValue:
    """Lead to the log of the caller."""
    return redirect(url_for(".activity", name=actor()), HTTPStatus.SEE_OTHER)


@blueprint.get("/people/<name>")
def activity(name: str) -> ResponseReturnValue:
    """Show a page of what a person did."""
    query = read_query(ActivityQuery)
    wanted = query.filter(ZoneInfo(container().settings.timezone))
    with container().sessions.begin() as session:
        page = list_activity(session, name, wanted, cursor=query.cursor, limit=query.limit)
    return render_template("activity.html", person=name, page=page, query=query, actions=ACTIONS)


def sparkline(figure: FigureTrend) -> Chart:
    """Return a small chart of a key figure over the compared dates."""
    values = [day.value for day in figure.days]
    labels = [f"{day.business_date:%-d %b}" for day in figure.days]
    return Chart(
        name=figure.name.replace("_", "-"),
        title=words(figure.name),
        summary=f"From {labels[0]} to {labels[-1]}.",
        labels=labels,
        series=[Series(words(figure.name), values)],
        unit=figure.unit,
    )
