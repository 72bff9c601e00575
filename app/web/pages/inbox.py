"""The inbox and its items."""

from http import HTTPStatus

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from pydantic import BaseModel, ConfigDict, Field

from app.core.errors import Conflict
from app.inbox.actions import Action
from app.inbox.apply_action import apply_action
from app.inbox.change_item import NOTE_LIMIT
from app.inbox.drafts import Severity, drafted_types
from app.inbox.models import ItemStatus
from app.inbox.queries import list_items, show_item
from app.web.context import actor, container
from app.web.links import inside
from app.web.queries import InboxPageQuery
from app.web.requests import Text, read_form, read_query
from app.web.stats import read_stats

blueprint = Blueprint("inbox", __name__, url_prefix="/automation")

TYPES = sorted(drafted_types() | {"automation_dead_letter"})


class ActForm(BaseModel):
    """The form of an action: its note, the version shown on the page, and the next page."""

    model_config = ConfigDict(extra="forbid")

    note: Text | None = Field(None, max_length=2 * NOTE_LIMIT)
    version: int | None = Field(None, ge=1)
    back: str | None = None


@blueprint.get("")
def index() -> ResponseReturnValue:
    """Show a page of items, with counts above them."""
    query = read_query(InboxPageQuery)
    with container().sessions.begin() as session:
        page = list_items(session, query.filter, cursor=query.cursor, limit=query.limit)
        stats = read_stats(session)
    return render_template(
        "inbox.html",
        page=page,
        query=query,
        stats=stats,
        statuses=[*ItemStatus, "all"],
        severities=list(reversed(Severity)),
        types=TYPES,
    )


@blueprint.get("/items/<id:item_id>")
def show(item_id: int) -> ResponseReturnValue:
    """Show an item, its history, and the actions that are possible now."""
    with container().sessions.begin() as session:
        found = show_item(session, item_id)
    return render_template(
        "item.html", item=found.item, history=found.history, note_limit=NOTE_LIMIT
    )


@blueprint.post(f"/items/<id:item_id>/<any({', '.join(Action)}):action>")
def act(item_id: int, action: str) -> ResponseReturnValue:
    """Apply an action to an item; on a conflict, show the item again and say who was first."""
    form, wanted = read_form(ActForm), Action(action)
    try:
        with container().sessions.begin() as session:
            apply_action(
                session,
                item_id,
                wanted,
                actor=actor(),
                note=form.note,
                expected_version=form.version,
            )
        flash(f"Item {item_id} is {wanted.past}.", "success")
    except Conflict as conflict:
        flash(str(conflict), "warning")
    goal = inside(form.back) or url_for(".show", item_id=item_id)
    return redirect(goal, HTTPStatus.SEE_OTHER)
