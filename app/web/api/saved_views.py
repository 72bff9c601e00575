"""Saved views of the inbox."""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus

from flask import Blueprint
from pydantic import Field
from sqlalchemy.orm import Session

from app.inbox.saved_views import NAME_LIMIT, SavedView, delete_view, list_views, save_view
from app.web.api.operation import Example, operation
from app.web.context import actor
from app.web.queries import InboxPageQuery, saved_filters
from app.web.requests import Body, FilledText

blueprint = Blueprint("api_views", __name__, url_prefix="/api/automation/views")


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedViews:
    """The views that the caller can see."""

    items: Sequence[SavedView]


class ViewBody(Body):
    """A name, and the filters as parameters of the list of items."""

    name: FilledText = Field(max_length=NAME_LIMIT)
    filters: InboxPageQuery
    is_shared: bool = Field(default=False, strict=True)


@blueprint.get("")
@operation(example=Example())
def index(session: Session) -> SavedViews:
    """Answer with the caller's views, then with those that others share."""
    return SavedViews(items=list_views(session, actor()))


@blueprint.post("")
@operation(
    example=Example(
        body={"name": "Fraud", "filters": {"severity": "critical"}, "isShared": True},
        answer={"name": "Fraud", "filters": {"severity": "critical", "status": "open"}},
    ),
    status=HTTPStatus.CREATED,
    refusals=[HTTPStatus.CONFLICT],
)
def save(session: Session, body: ViewBody) -> SavedView:
    """Save a view; 409 if the caller has one of that name."""
    return save_view(
        session,
        actor(),
        name=body.name,
        filters=saved_filters(body.filters),
        is_shared=body.is_shared,
    )


@blueprint.post("/<id:view_id>/delete")
@operation(example=Example(path={"view_id": 1}, answer={"id": 1}))
def delete(session: Session, view_id: int) -> SavedView:
    """Delete a view of the caller, or a shared one, and answer with what it was."""
    return delete_view(session, view_id, actor())
