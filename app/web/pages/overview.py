"""The overview: how the automation center itself is doing."""

from http import HTTPStatus

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.dispatch.dispatch import dispatch_due
from app.inbox.drafts import Severity
from app.inbox.queries import COUNT_CAP as ITEMS_CAP
from app.outbox.queries import COUNT_CAP as EVENTS_CAP
from app.web.api.automation import DISPATCH_SECONDS
from app.web.context import container
from app.web.stats import read_stats

blueprint = Blueprint("overview", __name__, url_prefix="/automation/overview")


@blueprint.get("")
def index() -> ResponseReturnValue:
    """Show the health strip at full size."""
    with container().sessions.begin() as session:
        stats = read_stats(session)
    return render_template(
        "overview.html",
        stats=stats,
        severities=list(reversed(Severity)),
        items_cap=ITEMS_CAP,
        events_cap=EVENTS_CAP,
    )


@blueprint.post("/dispatch")
def dispatch() -> ResponseReturnValue:
    """Dispatch due events in this request, without the broker, and say what came of it."""
    result = dispatch_due(container().dispatcher, seconds=DISPATCH_SECONDS)
    flash(
        f"Dispatched {result.claimed}: {result.sent} reached the inbox, {result.failed} failed.",
        "warning" if result.failed else "success",
    )
    return redirect(url_for(".index"), HTTPStatus.SEE_OTHER)
