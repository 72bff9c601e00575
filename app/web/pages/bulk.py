"""Bulk jobs: the preview with its confirmation, the progress, what was skipped, and the undo."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Literal

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import Field
from sqlalchemy.orm import Session

from app.bulk.bulk_actions import Arguments, FailureAction, ItemAction
from app.bulk.control_job import cancel_job, start_job, undo_job
from app.bulk.models import JobStatus
from app.bulk.plan_failures import plan_events, plan_messages
from app.bulk.plan_job import plan_items
from app.bulk.queries import (
    BulkJobView,
    list_bulk_jobs,
    list_skipped,
    show_bulk_job,
    some_targets,
)
from app.core.errors import AutomationError, Conflict, InvalidInput
from app.core.paging import MAX_ID
from app.inbox.change_item import NOTE_LIMIT
from app.web.bulk_arguments import arguments_of
from app.web.context import actor, container
from app.web.pages.bulk_words import bulk_sentence, bulk_title, counted
from app.web.pages.item_forms import form_values
from app.web.queries import EventsQuery, InboxPageQuery, JobsQuery
from app.web.requests import (
    Form,
    ListQuery,
    ShortText,
    Text,
    read_form,
    read_query,
    read_query_string,
)
from app.web.until import chosen
from app.web.wanted_items import wanted_items

blueprint = Blueprint("bulk", __name__, url_prefix="/automation/bulk")

SAMPLE = 10
"""How many targets the preview names."""


class ItemsForm(Form):
    """The action and the choice of items: the ticked ones, the page, or all that match `query`."""

    action: ItemAction
    scope: Literal["selected", "page", "filter"] = "selected"
    query: Text = ""
    page_ids: Text = ""
    ids: tuple[ShortText, ...] = ()


class FailuresForm(Form):
    """The action, and the query string of the list of what has failed."""

    action: FailureAction
    query: Text = ""


class StartForm(Form):
    """The arguments of the action."""

    note: Text | None = Field(None, max_length=2 * NOTE_LIMIT)
    reason: Text | None = Field(None, max_length=1_000)
    assignee: ShortText | None = None
    until: ShortText | None = None
    at: ShortText | None = None


@blueprint.get("")
def index() -> ResponseReturnValue:
    """Show the newest jobs."""
    query = read_query(ListQuery)
    with container().sessions.begin() as session:
        page = list_bulk_jobs(session, cursor=query.cursor, limit=query.limit)
    return render_template("bulk_jobs.html", page=page, title=bulk_title, sentence=bulk_sentence)


@blueprint.get("/<id:job_id>")
def show(job_id: int) -> ResponseReturnValue:
    """Show a job: its preview, its progress or its result."""
    query = read_query(ListQuery)
    with container().sessions.begin() as session:
        return _page(session, show_bulk_job(session, job_id), cursor=query.cursor)


@blueprint.post("/items")
def plan_for_items() -> ResponseReturnValue:
    """Plan a job on inbox items, and show its preview."""
    form = read_form(ItemsForm, lists={"ids"})
    try:
        with container().sessions.begin() as session:
            job = _plan_items(session, form)
    except InvalidInput as refusal:
        flash(str(refusal), "warning")
        return redirect(_list_address("inbox.index", form.query), HTTPStatus.SEE_OTHER)
    return _go_to(job)


@blueprint.post("/<any(events, messages):subject>")
def plan_for_failures(subject: str) -> ResponseReturnValue:
    """Plan a job on failed events or messages, and show its preview."""
    form = read_form(FailuresForm)
    with container().sessions.begin() as session:
        if subject == "events":
            events = read_query_string(EventsQuery, form.query).filter
            job = plan_events(session, form.action, author=actor(), wanted=events)
        else:
            messages = read_query_string(JobsQuery, form.query).filter
            job = plan_messages(session, form.action, author=actor(), wanted=messages)
    return _go_to(job)


@blueprint.post("/<id:job_id>/start")
def start(job_id: int) -> ResponseReturnValue:
    """Start a planned job with the arguments of the form; if they are refused, keep them."""
    try:
        form = read_form(StartForm)
        with container().sessions.begin() as session:
            _start(session, show_bulk_job(session, job_id), form)
    except (InvalidInput, Conflict) as refusal:
        return _refused(job_id, refusal)
    return redirect(url_for(".show", job_id=job_id), HTTPStatus.SEE_OTHER)


@blueprint.post("/<id:job_id>/cancel")
def cancel(job_id: int) -> ResponseReturnValue:
    """Cancel a job, or say that it has ended."""
    try:
        with container().sessions.begin() as session:
            cancel_job(session, job_id, actor=actor())
    except Conflict as conflict:
        flash(str(conflict), "warning")
    return redirect(url_for(".show", job_id=job_id), HTTPStatus.SEE_OTHER)


@blueprint.post("/<id:job_id>/undo")
def undo(job_id: int) -> ResponseReturnValue:
    """Start the undo of a job and show it, or say why it can't be undone."""
    try:
        with container().sessions.begin() as session:
            job_id = undo_job(session, job_id, actor=actor()).id
    except Conflict as conflict:
        flash(str(conflict), "warning")
    return redirect(url_for(".show", job_id=job_id), HTTPStatus.SEE_OTHER)


def _plan_items(session: Session, form: ItemsForm) -> BulkJobView:
    if form.scope == "filter":
        wanted = wanted_items(session, read_query_string(InboxPageQuery, form.query))
        return plan_items(session, form.action, author=actor(), wanted=wanted)
    on_page = form.page_ids.split(",") if form.page_ids else []
    ids = on_page if form.scope == "page" else form.ids
    return plan_items(session, form.action, author=actor(), ids=_numbers(ids))


def _numbers(ids: Sequence[str]) -> list[int]:
    if not all(each.isascii() and each.isdigit() and 0 < int(each) <= MAX_ID for each in ids):
        raise InvalidInput("The chosen items can't be read; choose them again.", field="ids")
    return [int(each) for each in ids]


def _start(session: Session, job: BulkJobView, form: StartForm) -> BulkJobView:
    arguments = arguments_of(
        job.action,
        note=form.note,
        reason=form.reason,
        assignee=form.assignee,
        until=chosen(form.until, form.at),
    )
    return start_job(session, job.id, actor=actor(), arguments=arguments)


def _go_to(job: BulkJobView) -> ResponseReturnValue:
    return redirect(url_for(".show", job_id=job.id), HTTPStatus.SEE_OTHER)


def _list_address(endpoint: str, query: str) -> str:
    return f"{url_for(endpoint)}?{query}" if query else url_for(endpoint)


def _refused(job_id: int, refusal: AutomationError) -> ResponseReturnValue:
    flash(str(refusal), "warning")
    status = HTTPStatus.CONFLICT
    if isinstance(refusal, InvalidInput):
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    with container().sessions.begin() as session:
        return _page(session, show_bulk_job(session, job_id)), status


def _page(session: Session, job: BulkJobView, *, cursor: str | None = None) -> str:
    is_planned = job.status == JobStatus.PLANNED
    return render_template(
        "bulk.html",
        job=job,
        arguments=Arguments.from_json(job.arguments),
        title=bulk_title(job),
        sentence=bulk_sentence(job),
        counted=counted,
        sample=some_targets(session, job, limit=SAMPLE) if is_planned else [],
        page=list_skipped(session, job.id, cursor=cursor),
        kept=dict(request.form) | {"act": job.action},
        values=form_values(session),
    )
