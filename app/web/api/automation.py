"""Dispatch due events on request, and read the stats and the state of every part."""

from flask import Blueprint
from sqlalchemy.orm import Session

from app.core.views import view_of
from app.dispatch.dispatch import dispatch_carefully
from app.web.api.answers import DispatchCounts, Health
from app.web.api.operation import Example, operation
from app.web.context import container
from app.web.stats import Stats, read_stats
from app.web.system_state import read_system_state
from app.web.verdict import faults_of

blueprint = Blueprint("api_automation", __name__, url_prefix="/api/automation")

DISPATCH_SECONDS = 5.0
"""How long one request dispatches. Workers or a later request dispatch the rest."""


@blueprint.post("/dispatch")
@operation(example=Example(answer={"failed": 0, "dead_lettered": 0}))
def dispatch() -> DispatchCounts:
    """Dispatch due events in this request, without the broker; answer with the counts.

    The events are dispatched one by one, so that an event that kills the process is known.
    """
    result = dispatch_carefully(container().dispatcher, seconds=DISPATCH_SECONDS)
    return view_of(DispatchCounts, result)


@blueprint.get("/stats")
@operation(example=Example())
def stats(session: Session) -> Stats:
    """Answer with counts and ages. A count at its cap means this number or more."""
    return read_stats(session)


@blueprint.get("/health")
@operation(example=Example(answer={"is_well": False}))
def health(session: Session) -> Health:
    """Answer with the state of every part, and with what is not well and for how long."""
    state = read_system_state(session, notify=container().settings.notify)
    faults = faults_of(state, now=container().clock())
    return Health(is_well=not faults, faults=faults, parts=state)
