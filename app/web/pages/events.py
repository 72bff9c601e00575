"""The events behind the inbox."""

from http import HTTPStatus

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.bulk.check_arguments import checked_reason
from app.core.errors import Conflict, InvalidInput
from app.dispatch.discard_event import discard_event
from app.dispatch.retry_event import retry_event
from app.inbox.queries import item_of_event
from app.outbox.events import CATALOGUE
from app.outbox.failure_groups import COUNT_CAP, GROUPS_SHOWN, failure_groups
from app.outbox.queries import list_events, show_event
from app.outbox.renew_event import RetryOutcome
from app.timeline.read import Of
from app.web.context import actor, container
from app.web.pages.timelines import timeline_of
from app.web.queries import EventsQuery
from app.web.requests import Form, Text, read_form, read_query

blueprint = Blueprint("events", __name__, url_prefix="/automation/events")


class DiscardForm(Form):
    """The reason of a discard."""

    reason: Text = ""


@blueprint.get("")
def index() -> ResponseReturnValue:
    """Show a page of events."""
    query = read_query(EventsQuery)
    with container().sessions.begin() as session:
        page = list_events(session, query.filter, cursor=query.cursor, limit=query.limit)
    return render_template("events.html", page=page, query=query, types=sorted(CATALOGUE))


@blueprint.get("/groups")
def groups() -> ResponseReturnValue:
    """Show the failed events by type and error."""
    with container().sessions.begin() as session:
        found = failure_groups(session)
    return render_template("event_groups.html", groups=found, cap=COUNT_CAP, most=GROUPS_SHOWN)


@blueprint.get("/<id:event_id>")
def show(event_id: int) -> ResponseReturnValue:
    """Show an event, its failed attempts, its history and its item."""
    with container().sessions.begin() as session:
        found = show_event(session, event_id)
        item = item_of_event(session, event_id, folded_into=found.event.item_id)
        timeline = timeline_of(session, Of.EVENT, event_id)
    return render_template(
        "event.html",
        event=found.event,
        attempts=found.attempts,
        history=found.history,
        item=item,
        timeline_page=timeline,
        max_attempts=container().settings.max_attempts,
    )


@blueprint.post("/<id:event_id>/retry")
def retry(event_id: int) -> ResponseReturnValue:
    """Make a failed event due now, or say why there is nothing to retry."""
    try:
        with container().sessions.begin() as session:
            outcome = retry_event(session, event_id, actor=actor())
        flash(_told(outcome), "success" if outcome.changed else "info")
    except Conflict as conflict:
        flash(str(conflict), "warning")
    return redirect(url_for(".show", event_id=event_id), HTTPStatus.SEE_OTHER)


@blueprint.post("/<id:event_id>/discard")
def discard(event_id: int) -> ResponseReturnValue:
    """Discard a dead letter, or say why that is not possible."""
    form = read_form(DiscardForm)
    try:
        with container().sessions.begin() as session:
            discard_event(session, event_id, actor=actor(), reason=checked_reason(form.reason))
        flash(f"Event {event_id} is discarded.", "success")
    except (Conflict, InvalidInput) as refusal:
        flash(str(refusal), "warning")
    return redirect(url_for(".show", event_id=event_id), HTTPStatus.SEE_OTHER)


def _told(outcome: RetryOutcome) -> str:
    event = outcome.event
    if outcome.changed:
        return f"Event {event.id} is due now, with a new series of attempts."
    return f"Event {event.id} was due already, so nothing was changed."
