"""The timeline on the pages of a case, an item, a message and an event."""

from typing import Any

from flask import request
from sqlalchemy.orm import Session

from app.core.timeline import TimelinePage
from app.timeline.read import Of, read_timeline
from app.web.context import container

OLDER = "older"
"""The parameter of a page that holds the cursor of its timeline."""


def timeline_of(session: Session, of: Of, row_id: int) -> TimelinePage:
    """Return the part of the timeline that the address of the page asks for."""
    cursor = request.args.get(OLDER)
    return read_timeline(session, of, row_id, vault=container().vault, cursor=cursor)


def page_of(ref: str) -> dict[str, Any] | None:
    """Return endpoint and arguments of the page of `case:42`; None for what has no page."""
    kind, _, number = ref.partition(":")
    name = {"case": "cases", "event": "events", "item": "inbox", "outbound": "outbound"}.get(kind)
    if name is None or not number.isdecimal():
        return None
    argument = {"cases": "case_id", "events": "event_id", "inbox": "item_id"}.get(name, "job_id")
    return {"endpoint": f"{name}.show", argument: int(number)}
