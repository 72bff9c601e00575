"""The keys of the pages. The help sheet lists them, and `keyboard.js` reads them from it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Key:
    """A key, or two in a row, and what it does. `endpoint` is the page that it opens."""

    keys: str
    command: str
    words: str
    endpoint: str | None = None


KEYS = {
    "Move": (
        Key("j", "next", "Next row of a list, or next item"),
        Key("k", "previous", "Previous row of a list, or previous item"),
        Key("o", "open", "Open the row"),
        Key("x", "select", "Select the row, or take it out of the selection"),
        Key("/", "search", "Search"),
    ),
    "Act on the row or the item": (
        Key("a", "acknowledge", "Acknowledge"),
        Key("r", "resolve", "Resolve"),
        Key("d", "dismiss", "Dismiss, with a reason"),
        Key("s", "snooze", "Snooze until a time or the next occurrence"),
        Key("n", "note", "Write a note"),
        Key("u", "undo", "Undo the last act"),
    ),
    "Go to": (
        Key("g i", "go", "Inbox", "inbox.index"),
        Key("g c", "go", "Cases", "cases.index"),
        Key("g m", "go", "Messages", "outbound.index"),
        Key("g e", "go", "Events", "events.index"),
        Key("g r", "go", "Reports", "reports.summaries"),
        Key("g o", "go", "Overview", "overview.index"),
    ),
    "Help": (Key("?", "help", "Show or close this sheet"),),
}
"""All keys, by the heading of their group."""
