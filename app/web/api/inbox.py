"""The inbox: pages of items, one item, and actions on it."""

from dataclasses import replace
from http import HTTPStatus
from typing import Any

from flask import Blueprint
from pydantic import Field
from sqlalchemy.orm import Session

from app.core.paging import Page
from app.core.views import view_of
from app.identity.queries import require_assignable
from app.inbox.actions import UNDO, Action
from app.inbox.add_note import add_note
from app.inbox.apply_action import apply_action
from app.inbox.assign import assign_item
from app.inbox.change_item import NOTE_LIMIT
from app.inbox.models import DismissReason
from app.inbox.promise import promise_answer
from app.inbox.queries import Item, list_items, show_item
from app.inbox.snooze import snooze_item, unsnooze_item
from app.inbox.undo import undo_action
from app.web.api.answers import ItemWithHistory
from app.web.api.operation import Example, operation
from app.web.context import actor
from app.web.queries import InboxQuery
from app.web.requests import Body, FilledText, ShortText, Text, Version
from app.web.until import read_promise, read_snooze
from app.web.wanted_items import wanted_items

blueprint = Blueprint("api_inbox", __name__, url_prefix="/api/automation/inbox")


class ActBody(Body):
    """The body of an action: a note, and the version of the item that the caller saw."""

    note: Text | None = Field(None, max_length=NOTE_LIMIT)
    version: Version | None = None


class AcknowledgeBody(ActBody):
    """`until` is the promised time of an answer: a choice such as `1h`, or a time."""

    until: ShortText | None = None


class DismissBody(ActBody):
    """`reason` says why the item is dismissed; the reason `other` needs a note."""

    reason: DismissReason | None = None


class PromiseBody(ActBody):
    """The new time of an answer; null takes the promise back."""

    until: ShortText | None


class SnoozeBody(ActBody):
    """`until` is a choice such as `next_day`, a time, or `next_occurrence`."""

    until: ShortText


class AssignBody(ActBody):
    """The new assignee; null removes the assignee."""

    assignee: ShortText | None


class NoteBody(Body):
    """The body of a note."""

    note: FilledText = Field(max_length=NOTE_LIMIT)


@blueprint.get("")
@operation(example=Example(query={"severity": "critical"}, answer={"next_cursor": None}))
def index(session: Session, query: InboxQuery) -> Page[Item]:
    """Answer with a page of items.

    The tabs `open`, `acknowledged` and `snoozed` are in the order `urgent` unless another is
    given, all other lists in the order `newest`.
    """
    return list_items(session, wanted_items(session, query), **query.paging)


@blueprint.get("/<id:item_id>")
@operation(example=Example(path={"item_id": 1}, answer={"id": 1, "severity": "critical"}))
def show(session: Session, item_id: int) -> ItemWithHistory:
    """Answer with an item, its history, and everything that the caller may do to it now."""
    found = show_item(session, item_id, actor=actor())
    return view_of(ItemWithHistory, found.item, history=found.history)


@blueprint.post("/<id:item_id>/acknowledge")
@operation(
    example=Example(
        path={"item_id": 2},
        body={"until": "1h", "note": "I call the customer.", "version": 1},
        answer={"status": "acknowledged", "promised_by": "maria", "version": 2},
    ),
    refusals=[HTTPStatus.CONFLICT],
)
def acknowledge(session: Session, body: AcknowledgeBody, item_id: int) -> Item:
    """Acknowledge an open item, with or without a promise; 409 names who was first."""
    return _apply(session, item_id, Action.ACKNOWLEDGE, body, until=read_promise(body.until))


@blueprint.post("/<id:item_id>/promise")
@operation(
    example=Example(path={"item_id": 9}, body={"until": "4h"}, answer={"promised_by": "maria"}),
    refusals=[HTTPStatus.CONFLICT],
)
def promise(session: Session, body: PromiseBody, item_id: int) -> Item:
    """Promise an answer on an acknowledged item until another time, or take the promise back."""
    until = read_promise(body.until)
    return _done(promise_answer(session, item_id, until=until, **_common(body)))


@blueprint.post("/<id:item_id>/resolve")
@operation(
    example=Example(
        path={"item_id": 6},
        body={"note": "The card is blocked.", "version": 1},
        answer={"status": "resolved", "allowed_actions": ["reopen", "note", "undo"]},
    ),
    refusals=[HTTPStatus.CONFLICT],
)
def resolve(session: Session, body: ActBody, item_id: int) -> Item:
    """Resolve an open or acknowledged item; 409 names who was first."""
    return _apply(session, item_id, Action.RESOLVE, body)


@blueprint.post("/<id:item_id>/dismiss")
@operation(
    example=Example(
        path={"item_id": 7},
        body={"reason": "test"},
        answer={"status": "dismissed", "dismiss_reason": "test"},
    ),
    refusals=[HTTPStatus.CONFLICT],
)
def dismiss(session: Session, body: DismissBody, item_id: int) -> Item:
    """Dismiss an open or acknowledged item; 409 names who was first."""
    return _apply(session, item_id, Action.DISMISS, body, reason=body.reason)


@blueprint.post("/<id:item_id>/reopen")
@operation(
    example=Example(path={"item_id": 8}, answer={"status": "open"}),
    refusals=[HTTPStatus.CONFLICT],
)
def reopen(session: Session, body: ActBody, item_id: int) -> Item:
    """Reopen a resolved or dismissed item; 409 names who was first."""
    return _apply(session, item_id, Action.REOPEN, body)


@blueprint.post("/<id:item_id>/assign")
@operation(
    example=Example(
        path={"item_id": 3},
        body={"assignee": "maria", "version": 1},
        answer={"assignee": "maria", "version": 2},
    ),
    refusals=[HTTPStatus.CONFLICT],
)
def assign(session: Session, body: AssignBody, item_id: int) -> Item:
    """Set or remove the assignee of an open or acknowledged item; 409 names who was first."""
    if body.assignee is not None:
        require_assignable(session, body.assignee)
    return _done(assign_item(session, item_id, to=body.assignee, **_common(body)))


@blueprint.post("/<id:item_id>/snooze")
@operation(
    example=Example(
        path={"item_id": 1},
        body={"until": "next_occurrence"},
        answer={"is_snoozed": True, "snoozed_until": None},
    ),
    refusals=[HTTPStatus.CONFLICT],
)
def snooze(session: Session, body: SnoozeBody, item_id: int) -> Item:
    """Snooze the item until a time or its next occurrence; 409 names who was first."""
    until = read_snooze(body.until)
    return _done(snooze_item(session, item_id, until=until, **_common(body)))


@blueprint.post("/<id:item_id>/unsnooze")
@operation(
    example=Example(path={"item_id": 4}, answer={"is_snoozed": False}),
    refusals=[HTTPStatus.CONFLICT],
)
def unsnooze(session: Session, body: ActBody, item_id: int) -> Item:
    """End the snooze of the item; 409 if it is not snoozed."""
    return _done(unsnooze_item(session, item_id, **_common(body)))


@blueprint.post("/<id:item_id>/notes")
@operation(example=Example(path={"item_id": 4}, body={"note": "Waits for the bank."}))
def note(session: Session, body: NoteBody, item_id: int) -> Item:
    """Add a note to the item, in any status."""
    return add_note(session, item_id, actor=actor(), note=body.note)


@blueprint.post("/<id:item_id>/undo")
@operation(
    example=Example(path={"item_id": 5}, answer={"status": "open"}),
    refusals=[HTTPStatus.CONFLICT],
)
def undo(session: Session, item_id: int) -> Item:
    """Undo the caller's last action; 409 after 30 seconds or after another change."""
    return undo_action(session, item_id, actor=actor())


def _apply(session: Session, item_id: int, action: Action, body: ActBody, **more: Any) -> Item:
    return _done(apply_action(session, item_id, action, **_common(body), **more))


def _common(body: ActBody) -> dict[str, Any]:
    return {"actor": actor(), "note": body.note, "expected_version": body.version}


def _done(item: Item) -> Item:
    """Return an item that the caller has just changed, so that they may undo it."""
    return replace(item, allowed_actions=(*item.allowed_actions, UNDO))
