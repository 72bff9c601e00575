"""Outbound jobs, which pages call messages."""

from http import HTTPStatus

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.bulk.check_arguments import checked_reason
from app.core.errors import Conflict, InvalidInput
from app.outbound.discard_job import discard_job
from app.outbound.failed_messages import COUNT_CAP, GROUPS_SHOWN, failed_messages
from app.outbound.models import OutboundKind, OutboundStatus
from app.outbound.queries import list_jobs, show_job
from app.outbound.retry_job import retry_job
from app.outbound.words import words_of_job
from app.timeline.read import Of
from app.timeline.story import story_of_message
from app.web.context import actor, container
from app.web.pages.events import DiscardForm
from app.web.pages.timelines import timeline_of
from app.web.queries import JobsQuery
from app.web.requests import read_form, read_query

blueprint = Blueprint("outbound", __name__, url_prefix="/automation/outbound")


@blueprint.get("")
def index() -> ResponseReturnValue:
    """Show a page of messages."""
    query = read_query(JobsQuery)
    with container().sessions.begin() as session:
        page = list_jobs(session, query.filter, cursor=query.cursor, limit=query.limit)
    return render_template(
        "messages.html",
        page=page,
        query=query,
        statuses=list(OutboundStatus),
        kinds=list(OutboundKind),
    )


@blueprint.get("/groups")
def groups() -> ResponseReturnValue:
    """Show the failed messages by error."""
    with container().sessions.begin() as session:
        found = failed_messages(session)
    statuses = list(OutboundStatus)
    return render_template(
        "message_groups.html", groups=found, statuses=statuses, cap=COUNT_CAP, most=GROUPS_SHOWN
    )


@blueprint.get("/<id:job_id>")
def show(job_id: int) -> ResponseReturnValue:
    """Show a job, its attempts and its history."""
    with container().sessions.begin() as session:
        found = show_job(session, job_id)
        text = words_of_job(session, job_id, container().vault)
        item_ids = story_of_message(session, job_id).item_ids
        timeline = timeline_of(session, Of.MESSAGE, job_id)
    return render_template(
        "outbound.html",
        job=found.job,
        attempts=found.attempts,
        history=found.history,
        text=text,
        item_ids=item_ids,
        timeline_page=timeline,
        max_attempts=container().settings.outbound_max_attempts,
    )


@blueprint.post("/<id:job_id>/retry")
def retry(job_id: int) -> ResponseReturnValue:
    """Start a new series of attempts for a failed job, or say why there is nothing to retry."""
    try:
        with container().sessions.begin() as session:
            retry_job(session, job_id, actor=actor())
        flash(f"Message {job_id} is due now, with a new series of attempts.", "success")
    except Conflict as conflict:
        flash(str(conflict), "warning")
    return redirect(url_for(".show", job_id=job_id), HTTPStatus.SEE_OTHER)


@blueprint.post("/<id:job_id>/discard")
def discard(job_id: int) -> ResponseReturnValue:
    """Discard a failed message, or say why that is not possible."""
    form = read_form(DiscardForm)
    try:
        with container().sessions.begin() as session:
            discard_job(session, job_id, actor=actor(), reason=checked_reason(form.reason))
        flash(f"Message {job_id} will not be sent.", "success")
    except (Conflict, InvalidInput) as refusal:
        flash(str(refusal), "warning")
    return redirect(url_for(".show", job_id=job_id), HTTPStatus.SEE_OTHER)
