"""The inbox and its items."""

from http import HTTPStatus

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from pydantic import Field
from sqlalchemy.orm import Session

from app.core.errors import Conflict
from app.core.paging import Page
from app.identity.queries import list_assignable, require_assignable
from app.inbox.actions import Action
from app.inbox.add_note import add_note
from app.inbox.apply_action import apply_action
from app.inbox.assign import assign_item
from app.inbox.change_item import NOTE_LIMIT
from app.inbox.drafts import Severity, drafted_types
from app.inbox.history import UNDO_SECONDS
from app.inbox.queries import Item, list_items, show_item
from app.inbox.tabs import Tab
from app.inbox.undo import undo_action
from app.timeline.read import Of
from app.web.context import actor, container, offer_undo
from app.web.links import inside
from app.web.pages.timelines import timeline_of
from app.web.queries import InboxPageQuery
from app.web.requests import Form, ShortText, Text, read_form, read_query
from app.web.stats import read_stats

blueprint = Blueprint("inbox", __name__, url_prefix="/automation")

TYPES = sorted(drafted_types() | {"automation_dead_letter"})


class UndoForm(Form):
    """The form of the Undo button: the next page."""

    back: str | None = None


class ActForm(UndoForm):
    """The form of an action: its note, the version shown on the page, and the next page."""

    note: Text | None = Field(None, max_length=2 * NOTE_LIMIT)
    version: int | None = Field(None, ge=1)


class AssignForm(ActForm):
    """The form of an assignment. An empty name removes the assignee."""

    assignee: ShortText = ""


@blueprint.get("")
def index() -> ResponseReturnValue:
    """Show a page of items, with counts above them."""
    query = read_query(InboxPageQuery)
    with container().sessions.begin() as session:
        page = list_rows(session, query)
        stats = read_stats(session)
    return render_template(
        "inbox.html",
        page=page,
        query=query,
        stats=stats,
        statuses=list(Tab),
        severities=list(reversed(Severity)),
        types=TYPES,
    )


@blueprint.get("/items/<id:item_id>")
def show(item_id: int) -> ResponseReturnValue:
    """Show an item, its history, and the actions that are possible now."""
    return _item_page(item_id)


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
    except Conflict as conflict:
        return _conflict_page(item_id, conflict, form)
    return _done(item_id, f"Item {item_id} is {wanted.past}.", form)


@blueprint.post("/items/<id:item_id>/assign")
def assign(item_id: int) -> ResponseReturnValue:
    """Set or remove the assignee of an item."""
    form = read_form(AssignForm)
    try:
        with container().sessions.begin() as session:
            if form.assignee:
                require_assignable(session, form.assignee)
            assign_item(
                session,
                item_id,
                to=form.assignee or None,
                actor=actor(),
                note=form.note,
                expected_version=form.version,
            )
    except Conflict as conflict:
        return _conflict_page(item_id, conflict, form)
    return _done(item_id, f"Item {item_id} is with {form.assignee or 'nobody'}.", form)


@blueprint.post("/items/<id:item_id>/notes")
def note(item_id: int) -> ResponseReturnValue:
    """Add a note to an item."""
    form = read_form(ActForm)
    with container().sessions.begin() as session:
        add_note(session, item_id, actor=actor(), note=form.note or "")
    flash("The note is saved.", "success")
    return redirect(url_for(".show", item_id=item_id), HTTPStatus.SEE_OTHER)


@blueprint.post("/items/<id:item_id>/undo")
def undo(item_id: int) -> ResponseReturnValue:
    """Undo the caller's last action on an item, or say why that is not possible."""
    form = read_form(UndoForm)
    try:
        with container().sessions.begin() as session:
            item = undo_action(session, item_id, actor=actor())
        flash(f"Item {item_id} is {item.status} again.", "success")
    except Conflict as conflict:
        flash(str(conflict), "warning")
    return redirect(_next_page(item_id, form.back), HTTPStatus.SEE_OTHER)


def list_rows(session: Session, query: InboxPageQuery) -> Page[Item]:
    """Return the items that the inbox page shows for `query`."""
    return list_items(session, query.filter, **query.paging)


def _done(item_id: int, sentence: str, form: ActForm) -> ResponseReturnValue:
    """Redirect to the next page, which offers to undo the action."""
    back = inside(form.back)
    flash(sentence, "success")
    offer_undo(item_id, seconds=UNDO_SECONDS, back=back)
    return redirect(_next_page(item_id, back), HTTPStatus.SEE_OTHER)


def _conflict_page(item_id: int, conflict: Conflict, form: ActForm) -> ResponseReturnValue:
    """Show who was first, and keep the typed note in its field."""
    flash(str(conflict), "warning")
    if form.note:
        return _item_page(item_id, note=form.note), HTTPStatus.CONFLICT
    return redirect(_next_page(item_id, form.back), HTTPStatus.SEE_OTHER)


def _item_page(item_id: int, *, note: str = "") -> str:
    with container().sessions.begin() as session:
        found = show_item(session, item_id)
        assignable = list_assignable(session)
        timeline = timeline_of(session, Of.ITEM, item_id)
    return render_template(
        "item.html",
        item=found.item,
        history=found.history,
        timeline_page=timeline,
        assignable=assignable,
        note=note,
        note_limit=NOTE_LIMIT,
    )


def _next_page(item_id: int, back: str | None) -> str:
    return inside(back) or url_for(".show", item_id=item_id)
