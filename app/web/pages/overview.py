"""The overview: the state of the automation center itself."""

from http import HTTPStatus

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.dispatch.dispatch import dispatch_carefully
from app.fraud.stuck import check_otp_stuck
from app.inbox.drafts import Severity
from app.inbox.queries import COUNT_CAP as ITEMS_CAP
from app.outbox.queries import COUNT_CAP as EVENTS_CAP
from app.reports.daily_summary import summarise_day
from app.reports.trend_hours import count_owed_hours
from app.web.api.automation import DISPATCH_SECONDS
from app.web.context import container
from app.web.system_state import read_system_state
from app.web.verdict import faults_of

blueprint = Blueprint("overview", __name__, url_prefix="/automation/overview")


@blueprint.get("")
def index() -> ResponseReturnValue:
    """Show counts, ages and the last runs of the periodic jobs."""
    with container().sessions.begin() as session:
        state = read_system_state(session, notify=container().settings.notify)
    return render_template(
        "overview.html",
        stats=state.stats,
        severities=list(reversed(Severity)),
        items_cap=ITEMS_CAP,
        events_cap=EVENTS_CAP,
        runs=state.runs,
        faults=faults_of(state, now=container().clock()),
    )


@blueprint.post("/dispatch")
def dispatch() -> ResponseReturnValue:
    """Dispatch due events in this request, without the broker, and show the counts."""
    result = dispatch_carefully(container().dispatcher, seconds=DISPATCH_SECONDS)
    flash(
        f"Events dispatched: {result.claimed}. In the inbox: {result.sent}."
        f" Failed: {result.failed}.",
        "warning" if result.failed else "success",
    )
    return redirect(url_for(".index"), HTTPStatus.SEE_OTHER)


@blueprint.post("/otp-stuck")
def otp_stuck() -> ResponseReturnValue:
    """Find stuck verifications now, and show how many there are."""
    minutes = container().settings.otp_stuck_minutes
    result = check_otp_stuck(container().sessions, threshold_minutes=minutes)
    flash(
        f"Verifications stuck for over {minutes} minutes: {result.stuck}."
        f" Newly reported: {result.recorded}.",
        "success",
    )
    return redirect(url_for(".index", _anchor="periodic"), HTTPStatus.SEE_OTHER)


@blueprint.post("/trend-hours")
def trend_hours() -> ResponseReturnValue:
    """Count the past hours that are missing or may have changed, and show how many there were."""
    with container().sessions.begin() as session:
        counted = count_owed_hours(session, container().clock())
    flash(f"Hours counted for the trends: {counted}.", "success")
    return redirect(url_for(".index", _anchor="periodic"), HTTPStatus.SEE_OTHER)


@blueprint.post("/daily-summary")
def daily_summary() -> ResponseReturnValue:
    """Create the summary of the last complete date, and say whether it is new."""
    result = summarise_day(
        container().sessions,
        day=None,
        timezone=container().settings.timezone,
        now=container().clock(),
    )
    news = "will appear in the inbox" if result.is_new else "exists already"
    flash(f"The summary of {result.business_date} {news}.", "success")
    return redirect(url_for(".index", _anchor="periodic"), HTTPStatus.SEE_OTHER)
