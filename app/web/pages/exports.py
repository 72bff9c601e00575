"""The export buttons of the lists: each takes the filter of its page."""

from flask import Blueprint

from app.web.csv_response import (
    Csv,
    export_cases,
    export_events,
    export_inbox,
    export_messages,
    export_verifications,
)
from app.web.queries import (
    CasesQuery,
    EventsQuery,
    InboxPageQuery,
    JobsQuery,
    VerificationsQuery,
)
from app.web.requests import read_query

blueprint = Blueprint("exports", __name__, url_prefix="/automation/exports")


@blueprint.get("/inbox.csv")
def inbox() -> Csv:
    """Answer with the items of the inbox page, all pages of it."""
    return export_inbox(read_query(InboxPageQuery))


@blueprint.get("/events.csv")
def events() -> Csv:
    """Answer with the events of the events page, all pages of it."""
    return export_events(read_query(EventsQuery))


@blueprint.get("/cases.csv")
def cases() -> Csv:
    """Answer with the cases of the cases page, all pages of it."""
    return export_cases(read_query(CasesQuery))


@blueprint.get("/messages.csv")
def messages() -> Csv:
    """Answer with the messages of the messages page, all pages of it."""
    return export_messages(read_query(JobsQuery))


@blueprint.get("/verifications.csv")
def verifications() -> Csv:
    """Answer with the verifications of the verifications page, all pages of it."""
    return export_verifications(read_query(VerificationsQuery))
