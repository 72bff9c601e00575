"""What pages say about acts on items: their names, their reasons and their history. Pure."""

from collections.abc import Callable
from datetime import datetime

from app.inbox.actions import ASSIGN, NOTE, PROMISE, SNOOZE, UNDO, UNSNOOZE, Action, past_of
from app.inbox.deadlines import Choice
from app.inbox.models import RECUR, DismissReason
from app.inbox.queries import Item, ItemHistoryEntry

REASON_NAMES = {
    DismissReason.FALSE_ALARM: "False alarm: nothing is wrong",
    DismissReason.DUPLICATE: "Duplicate of another item",
    DismissReason.CUSTOMER_WITHDREW: "The customer took it back",
    DismissReason.NO_CONTACT: "The customer can't be reached",
    DismissReason.HANDLED_ELSEWHERE: "Handled elsewhere",
    DismissReason.NOT_OURS: "Not ours",
    DismissReason.KNOWN_ISSUE: "Known problem, already being worked on",
    DismissReason.TEST: "A test",
    DismissReason.OTHER: "Another reason (say which in the note)",
}

CHOICE_NAMES = {
    Choice.IN_15_MINUTES: "In 15 minutes",
    Choice.IN_1_HOUR: "In 1 hour",
    Choice.IN_4_HOURS: "In 4 hours",
    Choice.END_OF_DAY: "At the end of the business day",
    Choice.NEXT_DAY: "At the start of the next business day",
}


def history_words(entry: ItemHistoryEntry) -> str:
    """Return what the actor of an entry did. If it has a time, the words end just before it."""
    words = _HISTORY.get(entry.action)
    return words(entry) if words else entry.action.replace("_", " ")


def done_sentence(action: str, item: Item, when: Callable[[datetime], str]) -> str:
    """Return the sentence after `action` on an item; `when` formats a time."""
    match action:
        case "promise":
            return f"Item {item.id} has {_promise_of(item, when) or 'no promise any more'}."
        case "snooze":
            until = when(item.snoozed_until) if item.snoozed_until else "it comes up again"
            return f"Item {item.id} is snoozed until {until}."
        case "unsnooze":
            return f"Item {item.id} is not snoozed any more."
        case "assign":
            return f"Item {item.id} is with {item.assignee or 'nobody'}."
        case _:
            promise = _promise_of(item, when)
            return f"Item {item.id} is {past_of(action)}{f', with {promise}' if promise else ''}."


def _promise_of(item: Item, when: Callable[[datetime], str]) -> str:
    if item.promised_until is None:
        return ""
    return f"{item.promised_by}'s promise of an answer by {when(item.promised_until)}"


def _acknowledged(entry: ItemHistoryEntry) -> str:
    return "acknowledged it and promised an answer by" if entry.until else "acknowledged it"


def _promised(entry: ItemHistoryEntry) -> str:
    return "promised an answer by" if entry.until else "took the promise back"


def _dismissed(entry: ItemHistoryEntry) -> str:
    if not entry.reason:
        return "dismissed it"
    return f"dismissed it: {entry.reason.replace('_', ' ')}"


def _snoozed(entry: ItemHistoryEntry) -> str:
    return "snoozed it until" if entry.until else "snoozed it until it comes up again"


def _assigned(entry: ItemHistoryEntry) -> str:
    if entry.to_assignee is None:
        return "left it to nobody"
    if entry.to_assignee == entry.actor:
        return "took it"
    verb = "handed it over to" if entry.from_assignee == entry.actor else "assigned it to"
    return f"{verb} {entry.to_assignee}"


def _always(words: str) -> Callable[[ItemHistoryEntry], str]:
    return lambda _entry: words


_HISTORY: dict[str, Callable[[ItemHistoryEntry], str]] = {
    Action.ACKNOWLEDGE: _acknowledged,
    Action.RESOLVE: _always("resolved it"),
    Action.DISMISS: _dismissed,
    Action.REOPEN: _always("reopened it"),
    ASSIGN: _assigned,
    NOTE: _always("noted"),
    PROMISE: _promised,
    SNOOZE: _snoozed,
    UNDO: _always("undid their last action"),
    UNSNOOZE: _always("ended the snooze"),
    RECUR: _always("reopened it, because it came up again"),
}
