"""Events: pages, one event with its attempts and its item, and the retry by an admin."""

from http import HTTPStatus

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from app.core.views import members_of
from app.dispatch.retry_event import retry_event
from app.inbox.queries import item_of_event
from app.outbox.queries import list_events, show_event
from app.web.api.automation import Nothing
from app.web.context import actor, container
from app.web.queries import EventsQuery
from app.web.requests import Query, read_body, read_query

blueprint = Blueprint("api_events", __name__, url_prefix="/api/automation/events")


@blueprint.get("")
def index() -> ResponseReturnValue:
    """Answer with a page of events, newest first."""
    query = read_query(EventsQuery)
    with container().sessions.begin() as session:
        return jsonify(list_events(session, query.filter, cursor=query.cursor, limit=query.limit))


@blueprint.get("/<id:event_id>")
def show(event_id: int) -> ResponseReturnValue:
    """Answer with an event, its failed attempts, its history and its item."""
    read_query(Query)
    with container().sessions.begin() as session:
        found = show_event(session, event_id)
        item = item_of_event(session, event_id, folded_into=found.event.item_id)
    more = {"attempt_history": found.attempts, "history": found.history, "item": item}
    return jsonify(members_of(found.event) | more)


@blueprint.post("/<id:event_id>/retry")
def retry(event_id: int) -> ResponseReturnValue:
    """Make a failed event due now; 409 if it is sent. `changed` is false if it was due already."""
    read_body(Nothing)
    with container().sessions.begin() as session:
        outcome = retry_event(session, event_id, actor=actor())
    return jsonify(members_of(outcome.event) | {"changed": outcome.changed}), HTTPStatus.ACCEPTED
