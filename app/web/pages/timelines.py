"""The timeline on the pages of a case, an item, a message and an event."""

from typing import Any

from flask import request
from sqlalchemy.orm import Session

from app.core.timeline import TimelinePage
from app.timeline.read import Of, read_timeline
from app.web.context import container

OLDER = "older"
"""The parameter of a page that holds the cursor of its timeline."""

_PAGES = {
    "case": ("cases.show", "case_id"),
    "channel": ("notifications.channel", "channel_id"),
    "event": ("events.show", "event_id"),
    "item": ("inbox.show", "item_id"),
    "outbound": ("outbound.show", "job_id"),
    "rule": ("notifications.rule", "rule_id"),
    "verification": ("verifications.show", "verification_id"),
}
"""The endpoint of the page of each kind of reference, and the name of its argument."""


def timeline_of(session: Session, of: Of, row_id: int) -> TimelinePage:
    """Return the part of the timeline that the address of the page asks for."""
    cursor = request.args.get(OLDER)
    return read_timeline(session, of, row_id, vault=container().vault, cursor=cursor)


def page_of(ref: str) -> dict[str, Any] | None:
    """Return endpoint and arguments of the page of `case:42`; None for what has no page."""
    kind, _, number = ref.partition(":")
    page = _PAGES.get(kind)
    if page is None or not number.isdecimal():
        return None
    return {"endpoint": page[0], page[1]: int(number)}
