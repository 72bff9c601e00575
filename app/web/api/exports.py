"""Lists as CSV, for spreadsheets. Each export is recorded with its caller and its filter."""

from flask import Blueprint

from app.web.api.operation import Example, operation
from app.web.csv_response import (
    Csv,
    export_cases,
    export_events,
    export_inbox,
    export_messages,
    export_verifications,
)
from app.web.queries import CasesQuery, EventsQuery, InboxQuery, JobsQuery, VerificationsQuery

blueprint = Blueprint("api_exports", __name__, url_prefix="/api")


@blueprint.get("/automation/inbox/export.csv")
@operation(example=Example(query={"status": "open"}))
def inbox(query: InboxQuery) -> Csv:
    """Answer with the items that match the filter, as CSV; `cursor` and `limit` are ignored."""
    return export_inbox(query)


@blueprint.get("/automation/events/export.csv")
@operation(example=Example(query={"dead": "true"}))
def events(query: EventsQuery) -> Csv:
    """Answer with the events that match the filter, as CSV; `cursor` and `limit` are ignored."""
    return export_events(query)


@blueprint.get("/fraud/cases/export.csv")
@operation(example=Example(query={"status": "open"}))
def cases(query: CasesQuery) -> Csv:
    """Answer with the cases that match the filter, as CSV; `cursor` and `limit` are ignored."""
    return export_cases(query)


@blueprint.get("/outbound/jobs/export.csv")
@operation(example=Example(query={"status": "failed"}))
def messages(query: JobsQuery) -> Csv:
    """Answer with the jobs that match the filter, as CSV; `cursor` and `limit` are ignored."""
    return export_messages(query)


@blueprint.get("/fraud/verifications/export.csv")
@operation(example=Example(query={"status": "expired"}))
def verifications(query: VerificationsQuery) -> Csv:
    """Answer with the verifications that match, as CSV; `cursor` and `limit` are ignored."""
    return export_verifications(query)
