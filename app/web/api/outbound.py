"""Outbound jobs: send one, pages of them, one with its attempts, and the retry by an admin."""

from http import HTTPStatus
from typing import Self

from flask import Blueprint
from pydantic import Field, model_validator
from sqlalchemy.orm import Session

from app.core.paging import Page
from app.core.views import view_of
from app.outbound.enqueue import submit
from app.outbound.messages import MAX_TEMPLATE_PARAMETERS, MAX_TEXT, Message, Template, Text
from app.outbound.queries import OutboundJobView, list_jobs, show_job
from app.outbound.retry_job import retry_job
from app.outbound.words import words_of_job
from app.web.api.answers import JobWithHistory
from app.web.api.operation import Example, operation
from app.web.context import actor, container
from app.web.queries import JobsQuery
from app.web.requests import Body, FilledText, ShortText, exactly_one

blueprint = Blueprint("api_outbound", __name__, url_prefix="/api/outbound/jobs")


class TemplateBody(Body):
    """A template that WhatsApp has approved."""

    name: ShortText = Field(min_length=1)
    language: ShortText = Field(min_length=1)
    parameters: tuple[FilledText, ...] = Field((), max_length=MAX_TEMPLATE_PARAMETERS)


class JobBody(Body):
    """A recipient, and either a text or a template."""

    model_config = exactly_one("text", "template")

    recipient: ShortText
    text: FilledText | None = Field(None, max_length=MAX_TEXT)
    template: TemplateBody | None = None

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        if (self.text is None) == (self.template is None):
            raise ValueError("must hold either a text or a template")
        return self

    @property
    def message(self) -> Message:
        """The message to send."""
        if self.template is None:
            return Text(self.text or "")
        return Template(**self.template.model_dump())


@blueprint.get("")
@operation(example=Example(query={"status": "failed"}, answer={"next_cursor": None}))
def index(session: Session, query: JobsQuery) -> Page[OutboundJobView]:
    """Answer with a page of jobs, newest first."""
    return list_jobs(session, query.filter, cursor=query.cursor, limit=query.limit)


@blueprint.post("")
@operation(
    example=Example(
        body={"recipient": "+12025550147", "text": "Your card is on its way."},
        answer={"status": "queued", "recipient": "••• 0147"},
    ),
    status=HTTPStatus.CREATED,
    refusals=[HTTPStatus.CONFLICT],
)
def create(session: Session, body: JobBody) -> OutboundJobView:
    """Create a job that sends one message to one customer."""
    enqueued = submit(
        session,
        recipient=body.recipient,
        message=body.message,
        actor=actor(),
        vault=container().vault,
    )
    return show_job(session, enqueued.job_id).job


@blueprint.get("/<id:job_id>")
@operation(example=Example(path={"job_id": 1}, answer={"id": 1}))
def show(session: Session, job_id: int) -> JobWithHistory:
    """Answer with a job, its attempts and its history."""
    found = show_job(session, job_id)
    return view_of(
        JobWithHistory,
        found.job,
        attempt_history=found.attempts,
        history=found.history,
        text=words_of_job(session, job_id, container().vault),
    )


@blueprint.post("/<id:job_id>/retry")
@operation(
    example=Example(path={"job_id": 1}, answer={"id": 1, "status": "queued", "budget": 2}),
    status=HTTPStatus.ACCEPTED,
    refusals=[HTTPStatus.CONFLICT],
)
def retry(session: Session, job_id: int) -> OutboundJobView:
    """Start a new series of attempts for a failed job; 409 if it has not failed."""
    return retry_job(session, job_id, actor=actor())
