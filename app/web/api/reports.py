"""Reports: the daily summaries."""

from datetime import date

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from app.core.views import members_of
from app.reports.queries import list_summaries, show_summary
from app.web.context import container
from app.web.requests import ListQuery, Query, read_query

blueprint = Blueprint("api_reports", __name__, url_prefix="/api/automation")


@blueprint.get("/summaries")
def summaries() -> ResponseReturnValue:
    """Answer with a page of daily summaries, the newest date first."""
    query = read_query(ListQuery)
    with container().sessions.begin() as session:
        return jsonify(list_summaries(session, cursor=query.cursor, limit=query.limit))


@blueprint.get("/summaries/<date:day>")
def summary(day: date) -> ResponseReturnValue:
    """Answer with the summary of a date, and its key figures beside those of earlier dates."""
    read_query(Query)
    with container().sessions.begin() as session:
        found = show_summary(session, day)
    return jsonify(members_of(found.summary) | {"trend": found.trend})
