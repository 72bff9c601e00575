"""The timeline of a case, an item, an outbound job and an event: the same entries from each."""

from flask import Blueprint
from sqlalchemy.orm import Session

from app.core.timeline import TimelinePage
from app.timeline.read import Of, read_timeline
from app.web.api.operation import Example, operation
from app.web.context import container
from app.web.queries import TimelineQuery

blueprint = Blueprint("api_timelines", __name__, url_prefix="/api")


@blueprint.get("/fraud/cases/<id:case_id>/timeline")
@operation(example=Example(path={"case_id": 1}, query={"limit": 3}))
def of_case(session: Session, query: TimelineQuery, case_id: int) -> TimelinePage:
    """Answer with what happened about a case, newest first."""
    return _page(session, Of.CASE, case_id, query)


@blueprint.get("/automation/inbox/<id:item_id>/timeline")
@operation(example=Example(path={"item_id": 5}, query={"limit": 1}))
def of_item(session: Session, query: TimelineQuery, item_id: int) -> TimelinePage:
    """Answer with what happened about an item and what it is about, newest first."""
    return _page(session, Of.ITEM, item_id, query)


@blueprint.get("/outbound/jobs/<id:job_id>/timeline")
@operation(example=Example(path={"job_id": 1}, answer={"next_cursor": None}))
def of_job(session: Session, query: TimelineQuery, job_id: int) -> TimelinePage:
    """Answer with what happened about an outbound job and its report, newest first."""
    return _page(session, Of.MESSAGE, job_id, query)


@blueprint.get("/automation/events/<id:event_id>/timeline")
@operation(example=Example(path={"event_id": 10}, answer={"next_cursor": None}))
def of_event(session: Session, query: TimelineQuery, event_id: int) -> TimelinePage:
    """Answer with what happened about an event and what it is about, newest first."""
    return _page(session, Of.EVENT, event_id, query)


def _page(session: Session, of: Of, row_id: int, query: TimelineQuery) -> TimelinePage:
    vault = container().vault
    return read_timeline(session, of, row_id, vault=vault, cursor=query.cursor, limit=query.limit)
