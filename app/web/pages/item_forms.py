"""The forms of the acts on an item, and the use case that each of them calls."""

from collections.abc import Callable
from typing import Any

from pydantic import Field
from sqlalchemy.orm import Session

from app.core.errors import InvalidInput
from app.identity.queries import list_assignable, require_assignable
from app.inbox.actions import ASSIGN, PROMISE, SNOOZE, UNSNOOZE, Action
from app.inbox.apply_action import apply_action
from app.inbox.assign import assign_item
from app.inbox.change_item import NOTE_LIMIT
from app.inbox.deadlines import PROMISES, SNOOZES
from app.inbox.models import DismissReason
from app.inbox.promise import promise_answer
from app.inbox.queries import Item
from app.inbox.snooze import snooze_item, unsnooze_item
from app.web.context import actor, container
from app.web.pages.act_words import CHOICE_NAMES, REASON_NAMES
from app.web.requests import Form, ShortText, Text, read_form
from app.web.until import chosen, moments_of, read_promise, read_snooze


class ItemForm(Form):
    """What all acts have: a note, the version of the item, and the page to go back to.

    A browser sends two characters for a line break, so a note may be twice as long here.
    """

    note: Text | None = Field(None, max_length=2 * NOTE_LIMIT)
    version: int | None = Field(None, ge=1)
    back: str | None = None

    def common(self) -> dict[str, Any]:
        """Return the arguments that all use cases take."""
        return {"actor": actor(), "note": self.note, "expected_version": self.version}


class UntilForm(ItemForm):
    """A choice such as `1h`, or a time of its own in `at`."""

    until: ShortText | None = None
    at: ShortText | None = None

    @property
    def moment(self) -> str | None:
        """The text that means the chosen time; None if nothing is chosen."""
        return chosen(self.until, self.at)


class DismissForm(ItemForm):
    """The reason of a dismissal."""

    reason: DismissReason | None = None


class AssignForm(ItemForm):
    """The new assignee. An empty name removes the assignee."""

    assignee: ShortText | None = None


def _acknowledge(session: Session, item_id: int) -> Item:
    form = read_form(UntilForm)
    until = read_promise(form.moment)
    return apply_action(session, item_id, Action.ACKNOWLEDGE, until=until, **form.common())


def _resolve(session: Session, item_id: int) -> Item:
    return apply_action(session, item_id, Action.RESOLVE, **read_form(ItemForm).common())


def _dismiss(session: Session, item_id: int) -> Item:
    form = read_form(DismissForm)
    if form.reason is None:
        raise InvalidInput("Choose a reason to dismiss the item.", field="reason")
    return apply_action(session, item_id, Action.DISMISS, reason=form.reason, **form.common())


def _reopen(session: Session, item_id: int) -> Item:
    return apply_action(session, item_id, Action.REOPEN, **read_form(ItemForm).common())


def _promise(session: Session, item_id: int) -> Item:
    form = read_form(UntilForm)
    return promise_answer(session, item_id, until=read_promise(form.moment), **form.common())


def _assign(session: Session, item_id: int) -> Item:
    form = read_form(AssignForm)
    if form.assignee:
        require_assignable(session, form.assignee)
    return assign_item(session, item_id, to=form.assignee, **form.common())


def _snooze(session: Session, item_id: int) -> Item:
    form = read_form(UntilForm)
    if form.moment is None:
        raise InvalidInput("Choose until when to snooze the item.", field="until")
    return snooze_item(session, item_id, until=read_snooze(form.moment), **form.common())


def _unsnooze(session: Session, item_id: int) -> Item:
    return unsnooze_item(session, item_id, **read_form(ItemForm).common())


ACTS: dict[str, Callable[[Session, int], Item]] = {
    Action.ACKNOWLEDGE: _acknowledge,
    Action.RESOLVE: _resolve,
    Action.DISMISS: _dismiss,
    Action.REOPEN: _reopen,
    PROMISE: _promise,
    ASSIGN: _assign,
    SNOOZE: _snooze,
    UNSNOOZE: _unsnooze,
}
"""The acts that change an item, by their name in the address. Each reads its own form."""


def form_values(session: Session) -> dict[str, Any]:
    """Return what the forms of the acts offer."""
    return {
        "assignable": list_assignable(session),
        "note_limit": NOTE_LIMIT,
        "reasons": REASON_NAMES,
        "choice_names": CHOICE_NAMES,
        "promises": moments_of(PROMISES),
        "snoozes": moments_of(SNOOZES),
        "zone": container().settings.timezone,
    }
