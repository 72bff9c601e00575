"""Dispatch due events on request, and read the stats."""

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from app.dispatch.dispatch import dispatch_carefully
from app.web.context import container
from app.web.requests import Body, Query, read_body, read_query
from app.web.stats import read_stats

blueprint = Blueprint("api_automation", __name__, url_prefix="/api/automation")

DISPATCH_SECONDS = 5.0
"""How long one request dispatches. Workers or a later request dispatch the rest."""


class Nothing(Body):
    """A body with no fields."""


@blueprint.post("/dispatch")
def dispatch() -> ResponseReturnValue:
    """Dispatch due events in this request, without the broker; answer with the counts.

    The events are dispatched one by one, so that an event that kills the process is known.
    """
    read_body(Nothing)
    result = dispatch_carefully(container().dispatcher, seconds=DISPATCH_SECONDS)
    return jsonify(result.counts())


@blueprint.get("/stats")
def stats() -> ResponseReturnValue:
    """Answer with counts and ages. A count at its cap means this number or more."""
    read_query(Query)
    with container().sessions.begin() as session:
        return jsonify(read_stats(session))
