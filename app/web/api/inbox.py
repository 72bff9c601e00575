"""The inbox: pages of items, one item, and actions on it."""

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue
from pydantic import Field

from app.core.views import members_of
from app.identity.queries import require_assignable
from app.inbox.actions import Action
from app.inbox.add_note import add_note
from app.inbox.apply_action import apply_action
from app.inbox.assign import assign_item
from app.inbox.change_item import NOTE_LIMIT
from app.inbox.queries import list_items, show_item
from app.inbox.undo import undo_action
from app.web.context import actor, container
from app.web.queries import InboxQuery
from app.web.requests import (
    Body,
    Query,
    ShortText,
    Text,
    read_body,
    read_query,
)

blueprint = Blueprint("api_inbox", __name__, url_prefix="/api/automation/inbox")


class ActBody(Body):
    """The body of an action: a note, and the version of the item that the caller saw."""

    note: Text | None = Field(None, max_length=NOTE_LIMIT)
    version: int | None = Field(None, ge=1, strict=True)


class AssignBody(ActBody):
    """The new assignee; null removes the assignee."""

    assignee: ShortText | None


class NoteBody(Body):
    """The body of a note."""

    note: Text = Field(max_length=NOTE_LIMIT)


@blueprint.get("")
def index() -> ResponseReturnValue:
    """Answer with a page of items, newest first."""
    query = read_query(InboxQuery)
    with container().sessions.begin() as session:
        return jsonify(list_items(session, query.filter, cursor=query.cursor, limit=query.limit))


@blueprint.get("/<id:item_id>")
def show(item_id: int) -> ResponseReturnValue:
    """Answer with an item, its history, and the actions that are allowed now."""
    read_query(Query)
    with container().sessions.begin() as session:
        found = show_item(session, item_id)
    return jsonify(members_of(found.item) | {"history": found.history})


@blueprint.post(f"/<id:item_id>/<any({', '.join(Action)}):action>")
def act(item_id: int, action: str) -> ResponseReturnValue:
    """Apply an action to an item and return the item; 409 names who was first."""
    body = read_body(ActBody)
    with container().sessions.begin() as session:
        item = apply_action(
            session,
            item_id,
            Action(action),
            actor=actor(),
            note=body.note,
            expected_version=body.version,
        )
    return jsonify(item)


@blueprint.post("/<id:item_id>/assign")
def assign(item_id: int) -> ResponseReturnValue:
    """Set or remove the assignee of the item; 409 names who was first."""
    body = read_body(AssignBody)
    with container().sessions.begin() as session:
        if body.assignee is not None:
            require_assignable(session, body.assignee)
        item = assign_item(
            session,
            item_id,
            to=body.assignee,
            actor=actor(),
            note=body.note,
            expected_version=body.version,
        )
    return jsonify(item)


@blueprint.post("/<id:item_id>/notes")
def note(item_id: int) -> ResponseReturnValue:
    """Add a note to the item, in any status."""
    body = read_body(NoteBody)
    with container().sessions.begin() as session:
        item = add_note(session, item_id, actor=actor(), note=body.note)
    return jsonify(item)


@blueprint.post("/<id:item_id>/undo")
def undo(item_id: int) -> ResponseReturnValue:
    """Undo the caller's last action; 409 after 30 seconds or after another change."""
    read_body(Body)
    with container().sessions.begin() as session:
        item = undo_action(session, item_id, actor=actor())
    return jsonify(item)
