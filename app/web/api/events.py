"""Events: pages, one event with its attempts and its item, and the retry by an admin."""

from http import HTTPStatus

from flask import Blueprint
from sqlalchemy.orm import Session

from app.core.paging import Page
from app.core.views import view_of
from app.dispatch.retry_event import retry_event
from app.inbox.queries import item_of_event
from app.outbox.queries import EventView, list_events, show_event
from app.web.api.answers import EventWithHistory, RetriedEvent
from app.web.api.operation import Example, operation
from app.web.context import actor
from app.web.queries import EventsQuery

blueprint = Blueprint("api_events", __name__, url_prefix="/api/automation/events")


@blueprint.get("")
@operation(example=Example(query={"dead": "true", "limit": 20}, answer={"next_cursor": None}))
def index(session: Session, query: EventsQuery) -> Page[EventView]:
    """Answer with a page of events, newest first."""
    return list_events(session, query.filter, cursor=query.cursor, limit=query.limit)


@blueprint.get("/<id:event_id>")
@operation(example=Example(path={"event_id": 1}, answer={"id": 1, "status": "sent"}))
def show(session: Session, event_id: int) -> EventWithHistory:
    """Answer with an event, its failed attempts, its history and its item."""
    found = show_event(session, event_id)
    return view_of(
        EventWithHistory,
        found.event,
        attempt_history=found.attempts,
        history=found.history,
        item=item_of_event(session, event_id, folded_into=found.event.item_id),
    )


@blueprint.post("/<id:event_id>/retry")
@operation(
    example=Example(path={"event_id": 10}, answer={"id": 10, "changed": True, "budget": 2}),
    status=HTTPStatus.ACCEPTED,
    refusals=[HTTPStatus.CONFLICT],
)
def retry(session: Session, event_id: int) -> RetriedEvent:
    """Make a failed event due now; 409 if it is sent. `changed` is false if it was due already."""
    outcome = retry_event(session, event_id, actor=actor())
    return view_of(RetriedEvent, outcome.event, changed=outcome.changed)
