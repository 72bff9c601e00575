"""The page of one item, and the acts on it from any page."""

from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import parse_qsl

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import ValidationError
from sqlalchemy.orm import Session

from app.core.errors import AutomationError, Conflict, InvalidInput
from app.inbox.add_note import add_note
from app.inbox.history import UNDO_SECONDS
from app.inbox.neighbours import Neighbours, neighbours_of
from app.inbox.queries import show_item
from app.inbox.undo import undo_action
from app.outbox.queries import language_of_event
from app.timeline.read import Of
from app.web.context import actor, container, offer_undo
from app.web.links import inside
from app.web.pages.act_words import done_sentence
from app.web.pages.display import clock_time
from app.web.pages.inbox import blueprint
from app.web.pages.item_forms import ACTS, ItemForm, form_values
from app.web.pages.timelines import timeline_of
from app.web.queries import InboxPageQuery
from app.web.requests import read_form
from app.web.wanted_items import wanted_items


@blueprint.get("/items/<id:item_id>")
def show(item_id: int) -> ResponseReturnValue:
    """Show an item, its history, and the acts that are possible now."""
    return _item_page(item_id, here=request.full_path.rstrip("?"))


@blueprint.post(f"/items/<id:item_id>/<any({', '.join(ACTS)}):action>")
def act(item_id: int, action: str) -> ResponseReturnValue:
    """Apply an act to an item; if it is refused, say why and keep what was typed."""
    try:
        with container().sessions.begin() as session:
            item = ACTS[action](session, item_id)
    except (Conflict, InvalidInput) as refusal:
        return _refused(item_id, action, refusal)
    flash(done_sentence(action, item, clock_time), "success")
    offer_undo(item_id, seconds=UNDO_SECONDS, back=inside(request.form.get("back")))
    return _go_back(item_id)


@blueprint.post("/items/<id:item_id>/notes")
def note(item_id: int) -> ResponseReturnValue:
    """Add a note to an item."""
    try:
        form = read_form(ItemForm)
        with container().sessions.begin() as session:
            add_note(session, item_id, actor=actor(), note=form.note or "")
    except InvalidInput as refusal:
        return _refused(item_id, "note", refusal)
    flash("The note is saved.", "success")
    return _go_back(item_id)


@blueprint.post("/items/<id:item_id>/undo")
def undo(item_id: int) -> ResponseReturnValue:
    """Undo the caller's last act on an item, or say why that is not possible.

    A note that was typed in the same form is saved.
    """
    form = read_form(ItemForm)
    try:
        with container().sessions.begin() as session:
            item = undo_action(session, item_id, actor=actor())
            if form.note:
                add_note(session, item_id, actor=actor(), note=form.note)
        flash(f"Item {item_id} is {item.status} again.", "success")
    except Conflict as conflict:
        flash(str(conflict), "warning")
    return _go_back(item_id)


def _refused(item_id: int, action: str, refusal: AutomationError) -> ResponseReturnValue:
    """Say why an act was refused. If something was typed, show it again in its form."""
    flash(str(refusal), "warning")
    is_conflict = isinstance(refusal, Conflict)
    if is_conflict and not request.form.get("note"):
        return _go_back(item_id)
    status = HTTPStatus.CONFLICT if is_conflict else HTTPStatus.UNPROCESSABLE_ENTITY
    here = inside(request.form.get("back")) or url_for(".show", item_id=item_id)
    return _item_page(item_id, here=here, kept={**request.form, "act": action}), status


def _item_page(item_id: int, *, here: str, kept: Mapping[str, str] | None = None) -> str:
    with container().sessions.begin() as session:
        found = show_item(session, item_id, actor=actor())
        values = form_values(session)
        neighbours = _neighbours_of(session, item_id, here)
        language = language_of_event(session, found.item.event_id)
        timeline = timeline_of(session, Of.ITEM, item_id)
    return render_template(
        "item.html",
        item=found.item,
        history=found.history,
        language=language,
        timeline_page=timeline,
        here=here,
        kept=kept or {},
        list_query=_list_query(here),
        neighbours=neighbours,
        values=values,
    )


def _neighbours_of(session: Session, item_id: int, here: str) -> Neighbours:
    """Return the neighbours in the list from which the person came, or in the open items."""
    try:
        query = InboxPageQuery.model_validate(_list_query(here))
    except ValidationError:
        query = InboxPageQuery()
    return neighbours_of(session, item_id, wanted_items(session, query), order=query.order)


def _list_query(here: str) -> dict[str, str]:
    """Return the parameters of the list, which the address of an item carries in its query."""
    given = dict(parse_qsl(here.partition("?")[2]))
    return {name: given[name] for name in InboxPageQuery.model_fields if name in given}


def _go_back(item_id: int) -> ResponseReturnValue:
    back = inside(request.form.get("back")) or url_for(".show", item_id=item_id)
    return redirect(back, HTTPStatus.SEE_OTHER)
