"""Bulk jobs: plan one on inbox items, start it, look at it, cancel it and undo it."""

from http import HTTPStatus
from typing import Annotated, Self

from flask import Blueprint
from pydantic import Field, model_validator
from sqlalchemy.orm import Session

from app.bulk.bulk_actions import CAP, Arguments, ItemAction
from app.bulk.control_job import cancel_job, start_job, undo_job
from app.bulk.plan_job import plan_items
from app.bulk.queries import BulkJobView, Skipped, list_bulk_jobs, list_skipped, show_bulk_job
from app.core.paging import Page
from app.inbox.change_item import NOTE_LIMIT
from app.web.api.operation import Example, operation
from app.web.bulk_arguments import arguments_of
from app.web.context import actor
from app.web.queries import InboxQuery
from app.web.requests import Body, Id, ListQuery, ShortText, Text, exactly_one
from app.web.wanted_items import wanted_items

blueprint = Blueprint("api_bulk", __name__, url_prefix="/api/automation")

Ids = Annotated[list[Id], Field(max_length=CAP, json_schema_extra={"minItems": 1})]


class BulkItemsBody(Body):
    """An action, its arguments, and either ids or a filter with the parameters of the list."""

    model_config = exactly_one("ids", "filter")

    action: ItemAction
    ids: Ids | None = None
    filter: InboxQuery | None = None
    note: Text | None = Field(None, max_length=NOTE_LIMIT)
    reason: ShortText | None = None
    assignee: ShortText | None = None
    until: ShortText | None = None

    @property
    def arguments(self) -> Arguments:
        """The arguments of the action. Raises InvalidInput for a time that can't be used."""
        return arguments_of(
            self.action,
            note=self.note,
            reason=self.reason,
            assignee=self.assignee,
            until=self.until,
        )

    @model_validator(mode="after")
    def _has_one_selection(self) -> Self:
        if (self.ids is None) == (self.filter is None):
            raise ValueError("must hold either ids or a filter")
        return self


@blueprint.post("/inbox/bulk")
@operation(
    example=Example(
        body={"action": "resolve", "filter": {"status": "open", "severity": "critical"}},
        answer={"status": "planned", "action": "resolve", "is_capped": False},
    ),
    status=HTTPStatus.CREATED,
)
def plan(session: Session, body: BulkItemsBody) -> BulkJobView:
    """Plan one action on `ids`, or on all items that match `filter` now.

    Nothing is changed until the job is started. `total` counts its items, at most `cap`;
    `is_capped` tells that more match. An item that changes before its turn is skipped.
    """
    return plan_items(
        session,
        body.action,
        author=actor(),
        ids=body.ids,
        wanted=wanted_items(session, body.filter) if body.filter else None,
        arguments=body.arguments,
    )


@blueprint.get("/bulk")
@operation(example=Example(query={"limit": 20}, answer={"next_cursor": None}))
def index(session: Session, query: ListQuery) -> Page[BulkJobView]:
    """Answer with a page of jobs, newest first."""
    return list_bulk_jobs(session, cursor=query.cursor, limit=query.limit)


@blueprint.get("/bulk/<id:job_id>")
@operation(example=Example(path={"job_id": 1}, answer={"id": 1, "total": 1}))
def show(session: Session, job_id: int) -> BulkJobView:
    """Answer with a job and its progress."""
    return show_bulk_job(session, job_id)


@blueprint.get("/bulk/<id:job_id>/skipped")
@operation(example=Example(path={"job_id": 3}, answer={"items": [], "next_cursor": None}))
def skipped(session: Session, query: ListQuery, job_id: int) -> Page[Skipped]:
    """Answer with a page of what the job could not change, and why."""
    show_bulk_job(session, job_id)
    return list_skipped(session, job_id, cursor=query.cursor, limit=query.limit)


@blueprint.post("/bulk/<id:job_id>/start")
@operation(
    example=Example(path={"job_id": 1}, answer={"id": 1, "status": "running"}),
    status=HTTPStatus.ACCEPTED,
    refusals=[HTTPStatus.CONFLICT],
)
def start(session: Session, job_id: int) -> BulkJobView:
    """Start a job that the caller has planned. A second start changes nothing."""
    return start_job(session, job_id, actor=actor())


@blueprint.post("/bulk/<id:job_id>/cancel")
@operation(
    example=Example(path={"job_id": 2}, answer={"id": 2, "status": "cancelled"}),
    refusals=[HTTPStatus.CONFLICT],
)
def cancel(session: Session, job_id: int) -> BulkJobView:
    """Cancel a planned or running job. What is done stays done."""
    return cancel_job(session, job_id, actor=actor())


@blueprint.post("/bulk/<id:job_id>/undo")
@operation(
    example=Example(path={"job_id": 3}, answer={"action": "undo", "undoes": 3}),
    status=HTTPStatus.ACCEPTED,
    refusals=[HTTPStatus.CONFLICT],
)
def undo(session: Session, job_id: int) -> BulkJobView:
    """Start the job that undoes this one, and answer with it.

    It changes back the items that nobody has changed since. A second undo answers with the
    same job.
    """
    return undo_job(session, job_id, actor=actor())
