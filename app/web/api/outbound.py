"""Outbound jobs: send one, pages of them, one with its attempts, and the retry by an admin."""

from http import HTTPStatus
from typing import Self

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue
from pydantic import Field, model_validator

from app.core.views import members_of
from app.outbound.enqueue import submit
from app.outbound.messages import MAX_TEMPLATE_PARAMETERS, Message, Template, Text
from app.outbound.queries import list_jobs, show_job
from app.outbound.retry_job import retry_job
from app.web import requests
from app.web.context import actor, container
from app.web.queries import JobsQuery
from app.web.requests import Body, Query, ShortText, read_body, read_query

blueprint = Blueprint("api_outbound", __name__, url_prefix="/api/outbound/jobs")

KEY_HEADER = "Idempotency-Key"


class TemplateBody(Body):
    """A template that WhatsApp has approved."""

    name: ShortText
    language: ShortText
    parameters: tuple[requests.Text, ...] = Field((), max_length=MAX_TEMPLATE_PARAMETERS)


class JobBody(Body):
    """A recipient, and either a text or a template."""

    recipient: ShortText
    text: requests.Text | None = None
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
def index() -> ResponseReturnValue:
    """Answer with a page of jobs, newest first."""
    query = read_query(JobsQuery)
    with container().sessions.begin() as session:
        return jsonify(list_jobs(session, query.filter, cursor=query.cursor, limit=query.limit))


@blueprint.post("")
def create() -> ResponseReturnValue:
    """Create a job: 201, or 200 if an earlier call with this Idempotency-Key created it."""
    body, key = read_body(JobBody), request.headers.get(KEY_HEADER)
    with container().sessions.begin() as session:
        enqueued = submit(
            session,
            recipient=body.recipient,
            message=body.message,
            actor=actor(),
            vault=container().vault,
            idempotency_key=key,
        )
        job = show_job(session, enqueued.job_id).job
    return jsonify(job), HTTPStatus.CREATED if enqueued.is_new else HTTPStatus.OK


@blueprint.get("/<id:job_id>")
def show(job_id: int) -> ResponseReturnValue:
    """Answer with a job, its attempts and its history."""
    read_query(Query)
    with container().sessions.begin() as session:
        found = show_job(session, job_id)
    more = {"attempt_history": found.attempts, "history": found.history}
    return jsonify(members_of(found.job) | more)


@blueprint.post("/<id:job_id>/retry")
def retry(job_id: int) -> ResponseReturnValue:
    """Start a new series of attempts for a failed job; 409 if it has not failed."""
    read_body(Body)
    with container().sessions.begin() as session:
        job = retry_job(session, job_id, actor=actor())
    return jsonify(job), HTTPStatus.ACCEPTED
