"""The inbox: pages of items, one item, and what a person does to it."""

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue
from pydantic import Field

from app.core.views import members_of
from app.inbox.actions import Action
from app.inbox.apply_action import NOTE_LIMIT, apply_action
from app.inbox.queries import list_items, show_item
from app.web.context import actor, container
from app.web.queries import InboxQuery
from app.web.requests import (
    Body,
    Query,
    Text,
    read_body,
    read_query,
)

blueprint = Blueprint("api_inbox", __name__, url_prefix="/api/automation/inbox")


class ActBody(Body):
    """The body of an action: a note, and the version of the item that the caller saw."""

    note: Text | None = Field(None, max_length=NOTE_LIMIT)
    version: int | None = Field(None, ge=1, strict=True)


@blueprint.get("")
def index() -> ResponseReturnValue:
    """Answer with a page of items, newest first."""
    query = read_query(InboxQuery)
    with container().sessions.begin() as session:
        return jsonify(list_items(session, query.filter, cursor=query.cursor, limit=query.limit))


@blueprint.get("/<id:item_id>")
def show(item_id: int) -> ResponseReturnValue:
    """Answer with an item, its history, and what may be done to it now."""
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
